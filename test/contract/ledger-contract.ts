import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bus } from '../../src/backends/bus.ts';
import { type Ledger, type LedgerPage, MAX_PATTERNS } from '../../src/backends/ledger.ts';
import { MemoryBus } from '../../src/backends/memory/bus.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { membersOf } from './bus-contract.ts';
import { eventually, failureOf, type ServerFaults } from './tier-contract.ts';

export interface LedgerUnderTest {
  /** A namespace's ledger, as two processes have it. */
  near(namespace: string): Ledger;
  far(namespace: string): Ledger;
  readonly deadlineMs: number;
  /** Buses of the two processes on the same server; or why there are none. */
  readonly buses: { readonly near: Bus; readonly far: Bus } | string;
  /** Takes records away, as an eviction does; or why that cannot be. */
  readonly lose:
    | { page(namespace: string): Promise<void>; tag(namespace: string, tag: string): Promise<void> }
    | string;
  readonly faults: ServerFaults | string;
  close(): Promise<void>;
  dispose(): Promise<void>;
}

/** What an entry knows of the time when its value began to be read. */
interface Stamp {
  readonly incarnation: string;
  readonly epoch: number;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const stampOf = ({ incarnation, epoch }: LedgerPage): Stamp => ({ incarnation, epoch });

/** Whether an entry without patterns is valid, by the rule at the head of src/backends/ledger.ts; `page` was read with its tags. */
function valid(page: LedgerPage, stamp: Stamp, patterns: readonly string[] = []): boolean {
  return (
    stamp.incarnation === page.incarnation &&
    stamp.epoch >= page.floor &&
    page.tags.every((epoch) => epoch <= stamp.epoch) &&
    page.patterns.every(({ pattern, epoch }) => !patterns.includes(pattern) || epoch <= stamp.epoch)
  );
}

/** Holds a ledger to its contract (src/backends/ledger.ts). */
export function describeLedgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`ledger contract: ${name}`, () => {
    let subject: LedgerUnderTest;
    let near: Ledger;
    let far: Ledger;
    let namespace = '';
    let id = 0;
    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(() => {
      namespace = `ns${id++}`;
      near = subject.near(namespace);
      far = subject.far(namespace);
    });
    afterAll(() => subject?.dispose());

    test('a new ledger has an incarnation and numbers under which new entries are valid, the same for all', async () => {
      const page = await near.read(['a', 'b']);
      expect(page.incarnation).toMatch(/^[0-9a-f]{16}$/);
      expect(Number.isSafeInteger(page.epoch)).toBe(true);
      expect(page.patterns).toEqual([]);
      expect(page.tags).toHaveLength(2);
      expect(valid(page, stampOf(page))).toBe(true);
      expect(await far.read(['a', 'b'])).toEqual(page);
      expect(await near.read(['a', 'b'])).toEqual(page);
      expect((await near.read([])).tags).toEqual([]);
    });

    test('namespaces have ledgers of their own', async () => {
      const page = await near.read(['a']);
      const other = await subject.near(`${namespace}x`).read(['a']);
      expect(other.incarnation).not.toBe(page.incarnation);
      await subject.near(`${namespace}x`).advance({ tags: ['a'], patterns: ['p*'] });
      expect(await far.read(['a'])).toEqual(page);
    });

    test('a new ledger that 50 ask for at once is one', async () => {
      const pages = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? near : far).read(['a'])),
      );
      expect(new Set(pages.map(({ incarnation }) => incarnation)).size).toBe(1);
    });

    test('each change has a number, one higher than the last; the answer has its tags in order', async () => {
      const { epoch } = await near.read([]);
      const first = (await near.advance({ tags: ['b', 'a'] })).page;
      expect(first.epoch).toBe(epoch + 1);
      expect(first.tags).toEqual([epoch + 1, epoch + 1]);
      const second = (await far.advance({ tags: ['a'] })).page;
      expect(second.tags).toEqual([epoch + 2]);
      const page = await near.read(['a', 'b', 'a']);
      expect(page.epoch).toBe(epoch + 2);
      expect(page.tags).toEqual([epoch + 2, epoch + 1, epoch + 2]);
      expect((await near.advance({ patterns: ['p*'] })).page.tags).toEqual([]);
    });

    test('numbers of changes at once ascend, and none is given twice', async () => {
      const { epoch } = await near.read([]);
      const numbers = await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const { page } = await (i % 2 === 0 ? near : far).advance({ tags: [`t${i % 7}`] });
          return page.tags[0] ?? Number.NaN;
        }),
      );
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => epoch + 1 + i));
      expect((await far.read([])).epoch).toBe(epoch + 60);
    });

    test('the change of a tag ends older entries that have it, and no others', async () => {
      const before = stampOf(await near.read(['a', 'b']));
      const { page } = await far.advance({ tags: ['a'] });
      expect(valid(await near.read(['a']), before)).toBe(false);
      expect(valid(await near.read(['b', 'a']), before)).toBe(false);
      expect(valid(await near.read(['b']), before)).toBe(true);
      expect(valid(await near.read(['a', 'b']), stampOf(page))).toBe(true);
    });

    test('tags are any text', async () => {
      const tags = ['größe:😀', 'a b', 'x'.repeat(300), '*', "'; --", 'a\nb', '__proto__', 'constructor'];
      const before = stampOf(await near.read(tags));
      const { page } = await near.advance({ tags });
      expect(new Set(page.tags)).toEqual(new Set([before.epoch + 1]));
      expect(await far.read(tags)).toEqual(page);
      expect((await far.read([...tags, 'a']))?.tags.at(-1)).toBeLessThanOrEqual(page.epoch);
    });

    test('many tags at once', async () => {
      const tags = Array.from({ length: 1000 }, (_, i) => `t${i}`);
      const { page } = await near.advance({ tags: tags.slice(0, 500) });
      const read = await far.read(tags);
      expect(read.tags).toHaveLength(1000);
      expect(read.tags.every((epoch) => epoch === page.epoch)).toBe(true);
    });

    test('a pattern that comes again has its new number only; what is new comes last', async () => {
      const { epoch } = await near.read([]);
      await near.advance({ patterns: ['a*', 'größe *\n'] });
      await far.advance({ patterns: ['b*'] });
      const { page } = await near.advance({ patterns: ['a*'], tags: ['t'] });
      expect(page.patterns).toEqual([
        { pattern: 'größe *\n', epoch: epoch + 1 },
        { pattern: 'b*', epoch: epoch + 2 },
        { pattern: 'a*', epoch: epoch + 3 },
      ]);
      expect(page.tags).toEqual([epoch + 3]);
      expect(await far.read(['t'])).toEqual(page);
    });

    test('of too many patterns the oldest fall off, and their number is the floor', async () => {
      const { epoch, floor } = await near.read([]);
      for (let i = 0; i < MAX_PATTERNS; i++) await near.advance({ patterns: [`p${i}*`] });
      const full = await far.read([]);
      expect(full.patterns).toHaveLength(MAX_PATTERNS);
      expect(full.floor).toBe(floor);
      const { page } = await near.advance({ patterns: ['q1*', 'q2*', 'q3*'] });
      expect(page.patterns).toHaveLength(MAX_PATTERNS);
      expect(page.patterns[0]).toEqual({ pattern: 'p3*', epoch: epoch + 4 });
      expect(page.floor).toBe(epoch + 3);
      const flood = Array.from({ length: MAX_PATTERNS + 6 }, (_, i) => `r${i}*`);
      const flooded = (await far.advance({ patterns: flood })).page;
      expect(flooded.patterns.map(({ pattern }) => pattern)).toEqual(flood.slice(6));
      expect(flooded.floor).toBe(flooded.epoch);
    });

    test('everything: a new incarnation, and the numbers go on', async () => {
      const before = await near.read(['a']);
      const { page } = await far.advance({ all: true, tags: ['a'] });
      expect(page.incarnation).toMatch(/^[0-9a-f]{16}$/);
      expect(page.incarnation).not.toBe(before.incarnation);
      expect(page.epoch).toBe(before.epoch + 1);
      const after = await near.read(['a', 'b']);
      expect(after.incarnation).toBe(page.incarnation);
      expect(valid(after, stampOf(before))).toBe(false);
      expect(valid(after, stampOf(page))).toBe(true);
      expect((await near.advance({ tags: ['b'] })).page.incarnation).toBe(page.incarnation);
      const again = (await far.advance({ all: true })).page.incarnation;
      expect([before.incarnation, page.incarnation]).not.toContain(again);
    });

    test('random changes end just the entries that they name', async () => {
      const names = fc.subarray(['a', 'b', 'c']);
      const anyChange = fc.record({
        tags: names,
        patterns: names,
        all: fc.oneof(
          { weight: 9, arbitrary: fc.constant(false) },
          { weight: 1, arbitrary: fc.constant(true) },
        ),
        who: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyChange, { maxLength: 12 }),
          names,
          names,
          async (changes, tags, patterns) => {
            const space = `${namespace}-${id++}`;
            const [one, other] = [subject.near(space), subject.far(space)];
            const stamps = [stampOf(await one.read(tags))];
            for (const { who, ...change } of changes) {
              await (who ? one : other).advance(change);
              stamps.push(stampOf(await other.read(tags)));
            }
            const page = await one.read(tags);
            const ends = changes.map(
              (change) =>
                change.all ||
                change.tags.some((tag) => tags.includes(tag)) ||
                change.patterns.some((pattern) => patterns.includes(pattern)),
            );
            expect(stamps.map((stamp) => valid(page, stamp, patterns))).toEqual(
              stamps.map((_, i) => !ends.slice(i).includes(true)),
            );
          },
        ),
        { numRuns: 40 },
      );
    });

    describe('what is lost', () => {
      test('a tag: has the number that is reached, for good; entries read before are invalid', async (context) => {
        if (typeof subject.lose === 'string') return context.skip(subject.lose);
        const before = stampOf((await near.advance({ tags: ['a', 'b'] })).page);
        const { page } = await near.advance({ tags: ['c'] });
        await subject.lose.tag(namespace, 'a');
        const made = await near.read(['a', 'b']);
        expect(made.incarnation).toBe(before.incarnation);
        expect(made.tags).toEqual([page.epoch, before.epoch]);
        expect(valid(await far.read(['a']), before)).toBe(false);
        expect(valid(await far.read(['b']), before)).toBe(true);
        await far.advance({ tags: ['c'] });
        expect(await far.read(['a', 'b'])).toMatchObject({ tags: made.tags });
        expect(valid(await far.read(['a']), stampOf(made))).toBe(true);
      });

      test('the ledger: has a new incarnation, under which new entries with any tags are valid', async (context) => {
        if (typeof subject.lose === 'string') return context.skip(subject.lose);
        for (let i = 0; i < 20; i++) await near.advance({ tags: ['a'], patterns: [`p${i}*`] });
        const before = await near.read(['a']);
        await subject.lose.page(namespace);
        const pages = await Promise.all([near.read(['a', 'b']), far.read(['a', 'b'])]);
        expect(pages[1]).toEqual(pages[0]);
        expect(pages[0].incarnation).not.toBe(before.incarnation);
        expect(valid(pages[0], stampOf(before))).toBe(false);
        expect(valid(pages[0], stampOf(pages[0]), ['p1*'])).toBe(true);
        const { page } = await near.advance({ tags: ['a'] });
        expect(valid(await far.read(['a']), stampOf(pages[0]))).toBe(false);
        expect(valid(await far.read(['a']), stampOf(page))).toBe(true);
      });

      test('the ledger, found by a change: as found by a read', async (context) => {
        if (typeof subject.lose === 'string') return context.skip(subject.lose);
        for (let i = 0; i < 5; i++) await near.advance({ tags: ['a', 'b'] });
        const before = await near.read([]);
        await subject.lose.page(namespace);
        const { page } = await near.advance({ tags: ['a'] });
        expect(page.incarnation).not.toBe(before.incarnation);
        expect(valid(await far.read(['a', 'b']), stampOf(page))).toBe(true);
        expect(valid(await far.read(['a', 'b']), stampOf(before))).toBe(false);
      });
    });

    describe('notices', () => {
      test('elsewhere: not published', async () => {
        const bus = new MemoryBus();
        const heard: string[] = [];
        await bus.subscribe({ onMessage: (m) => heard.push(Buffer.from(m).toString()) });
        const answer = await near.advance({ tags: ['a'] }, { bus, message: bytes('n') });
        expect(answer.audience).toBeUndefined();
        await bus.publish(bytes('end'));
        expect(heard).toEqual(['end']);
      });

      test('on the same server: published once with the change, to whoever listens', async (context) => {
        if (typeof subject.buses === 'string') return context.skip(subject.buses);
        const { near: bus, far: other } = subject.buses;
        const heard: string[] = [];
        const epochs: Promise<number>[] = [];
        const before = await near.read(['a']);
        const subscription = await other.subscribe({
          onMessage: (m) => {
            heard.push(Buffer.from(m).toString());
            epochs.push(far.read(['a']).then(({ tags }) => tags[0] ?? 0));
          },
        });
        await other.beat('listener', 60_000, bytes('beat'));
        const answer = await near.advance({ tags: ['a'], all: true }, { bus, message: bytes('notice') });
        expect(membersOf(answer.audience)).toEqual(['listener']);
        await other.publish(bytes('end'));
        await eventually(async () => expect(heard).toEqual(['beat', 'notice', 'end']));
        expect((await epochs[1]) ?? 0).toBe(before.epoch + 1);
        await other.leave('listener');
        await subscription.unsubscribe();
      });
    });

    test('a hung server: calls settle within the deadline; then it recovers', async (context) => {
      if (typeof subject.faults === 'string') return context.skip(subject.faults);
      const before = await near.read(['a']);
      await subject.faults.freeze();
      const start = performance.now();
      const calls = [near.read(['a']), near.advance({ tags: ['a'] })];
      for (const reason of await Promise.all(calls.map(failureOf))) {
        expect(reason).toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'));
      }
      expect(performance.now() - start).toBeLessThan(subject.deadlineMs + 750);
      await subject.faults.thaw();
      await eventually(async () => expect((await near.read(['a'])).incarnation).toBe(before.incarnation));
    });

    test('a server that lost everything: all older entries are invalid', async (context) => {
      if (typeof subject.faults === 'string') return context.skip(subject.faults);
      const { page } = await near.advance({ tags: ['a'] });
      await subject.faults.kill();
      await expect(near.read(['a'])).rejects.toSatisfy((e) =>
        isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'),
      );
      await subject.faults.restart();
      await eventually(async () => expect(valid(await far.read(['a']), stampOf(page))).toBe(false));
    });

    test('after close every call rejects with CLOSED', async () => {
      const other = await open();
      const ledger = other.near('closed');
      await other.close();
      await expect(ledger.read([])).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(ledger.advance({ all: true })).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await other.dispose();
    });
  });
}
