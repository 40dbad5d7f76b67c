import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isCachectlError } from '../../src/base/errors.ts';
import type { Tier } from '../../src/backends/tier.ts';
import type { TierKey } from '../../src/backends/tier-entry.ts';

/** A tier under test, and what can be done to the server behind it. */
export interface TierUnderTest {
  readonly tier: Tier;
  /** The deadline it was created with, in milliseconds. */
  readonly deadlineMs: number;
  /** Lets time pass for expiry: moves a fake clock, or waits. */
  pass(ms: number): Promise<void>;
  /** Closes everything and stops the server. */
  dispose(): Promise<void>;
  /** Faults of the server; absent for a tier without one, with the reason. */
  readonly faults: ServerFaults | string;
}

export interface ServerFaults {
  /** The server hangs: it takes connections and bytes but answers nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** The server ends and its address refuses connections. */
  kill(): Promise<void>;
  /** A new, empty server at the same address. */
  restart(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const plain = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString('hex');
const SLACK_MS = 750;

/** Holds a tier to its contract (src/backends/tier.ts). */
export function describeTierContract(name: string, open: () => Promise<TierUnderTest>): void {
  describe(`tier contract: ${name}`, () => {
    let subject: TierUnderTest;
    let tier: Tier;
    let step: number;
    beforeAll(async () => {
      subject = await open();
      tier = subject.tier;
      step = tier.capabilities.ttlResolutionMs;
    });
    afterAll(() => subject?.dispose());
    let id = 0;
    let key = '';
    beforeEach(() => {
      key = `t${id++}`;
    });

    /** A tier that cannot read TTLs says so, and then tells none at all. */
    const expectTtl = (ttlMs: number | undefined, over: number, atMost: number): void => {
      if (!tier.capabilities.reportsTtl) {
        expect(ttlMs).toBeUndefined();
        return;
      }
      expect(ttlMs).toBeGreaterThan(over);
      expect(ttlMs).toBeLessThanOrEqual(atMost);
    };

    test('a missing key is undefined', async () => {
      expect(await tier.get(key)).toBeUndefined();
      expect(await tier.get(key, { withTtl: true })).toBeUndefined();
    });

    test('stores, overwrites and deletes', async () => {
      await tier.set(key, bytes('one'));
      expect(plain((await tier.get(key))?.value)).toBe(plain(bytes('one')));
      await tier.set(key, bytes('two'), 60_000);
      expect(plain((await tier.get(key))?.value)).toBe(plain(bytes('two')));
      expect(await tier.delete(key)).toBe(true);
      expect(await tier.delete(key)).toBe(false);
      expect(await tier.get(key)).toBeUndefined();
    });

    test('an empty value is a value', async () => {
      await tier.set(key, bytes(''));
      expect((await tier.get(key))?.value.byteLength).toBe(0);
    });

    test('every byte comes back', async () => {
      const all = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
      await tier.set(key, all);
      expect(plain((await tier.get(key))?.value)).toBe(plain(all));
      const tricky = bytes('\r\nEND\r\nVALUE x 0 1\r\n$-1\r\nHD\r\n\0');
      await tier.set(key, tricky);
      expect(plain((await tier.get(key))?.value)).toBe(plain(tricky));
    });

    test('a value of 1,000,000 bytes', async () => {
      const big = Buffer.alloc(1_000_000, 'x0-');
      await tier.set(key, big, 60_000);
      expect(Buffer.compare(Buffer.from((await tier.get(key))?.value ?? []), big)).toBe(0);
      await tier.delete(key);
    });

    test('a value over the limit is refused and harms nothing', async () => {
      const limit = tier.capabilities.maxValueBytes;
      if (limit > 64 * 1024 * 1024) return; // larger values are not worth the memory here
      await expect(tier.set(key, new Uint8Array(limit + 1))).rejects.toSatisfy((e) =>
        isCachectlError(e, 'VALUE_TOO_LARGE'),
      );
      await tier.set(key, bytes('fine'));
      expect(plain((await tier.get(key))?.value)).toBe(plain(bytes('fine')));
    });

    test('an entry expires, and a read tells the time left', async () => {
      const ttl = 2 * step + (step === 1 ? 200 : 0);
      await tier.set(key, bytes('v'), ttl);
      expectTtl((await tier.get(key, { withTtl: true }))?.ttlMs, 0, ttl);
      await subject.pass(ttl + 60 + (step > 1 ? step : 0));
      expect(await tier.get(key)).toBeUndefined();
      expect(await tier.delete(key)).toBe(false);
    });

    test('an entry without a TTL tells none; an overwrite without one takes it away', async () => {
      await tier.set(key, bytes('v'), 60_000);
      await tier.set(key, bytes('v'));
      const hit = await tier.get(key, { withTtl: true });
      expect(hit).toBeDefined();
      expect(hit?.ttlMs).toBeUndefined();
    });

    test('a TTL of 40 days is kept (Memcached reads over 30 days as a date)', async () => {
      const ttl = 40 * 86_400_000;
      await tier.set(key, bytes('v'), ttl);
      const hit = await tier.get(key, { withTtl: true });
      expect(hit).toBeDefined();
      expectTtl(hit?.ttlMs, ttl - 60_000, ttl);
    });

    test('a TTL of 0 or less deletes', async () => {
      await tier.set(key, bytes('v'));
      await tier.set(key, bytes('w'), 0);
      expect(await tier.get(key)).toBeUndefined();
      await tier.set(key, bytes('v'));
      await tier.setMany([{ key, value: bytes('w'), ttlMs: -5 }]);
      expect(await tier.get(key)).toBeUndefined();
    });

    test('batches keep the order, with gaps and doubles', async () => {
      await tier.setMany([
        { key: `${key}a`, value: bytes('A'), ttlMs: 60_000 },
        { key: `${key}b`, value: bytes('B') },
        { key: `${key}c`, value: bytes('') },
      ]);
      const hits = await tier.getMany([`${key}b`, `${key}none`, `${key}a`, `${key}b`, `${key}c`], {
        withTtl: true,
      });
      expect(hits.map((hit) => hit && Buffer.from(hit.value).toString())).toEqual([
        'B',
        undefined,
        'A',
        'B',
        '',
      ]);
      expectTtl(hits[2]?.ttlMs, 0, 60_000);
      expect(hits[0]?.ttlMs).toBeUndefined();
      expect(await tier.deleteMany([`${key}a`, `${key}none`, `${key}b`])).toBe(2);
      expect(await tier.getMany([])).toEqual([]);
      await tier.setMany([]);
      expect(await tier.deleteMany([])).toBe(0);
    });

    test('a batch of 1,000', async () => {
      const keys = Array.from({ length: 1000 }, (_, i) => `${key}:${i}`);
      await tier.setMany(keys.map((k, i) => ({ key: k, value: bytes(`v${i}`), ttlMs: 60_000 })));
      const hits = await tier.getMany(keys);
      expect(hits.every((hit, i) => hit !== undefined && Buffer.from(hit.value).toString() === `v${i}`)).toBe(
        true,
      );
      expect(await tier.deleteMany(keys)).toBe(1000);
    });

    const awkward: readonly (readonly [string, TierKey])[] = [
      ['a space', 'a b'],
      ['a line break', 'a\r\nset x 0 0 1\r\n'],
      ['a NUL', 'a\0b'],
      ['glob characters', 'a*[b]?\\'],
      ['quotes', `a"b'c`],
      ['SQL', "'; DROP TABLE x; --%_"],
      ['umlauts and an emoji', 'größe:😀'],
      ['bytes that are no UTF-8', Uint8Array.from([0xff, 0x00, 0x0a, 0xfe])],
    ];
    test.each(awkward)('an awkward key: %s', async (_what, awkwardKey) => {
      await tier.set(awkwardKey, bytes('v'), 60_000);
      expect(plain((await tier.get(awkwardKey))?.value)).toBe(plain(bytes('v')));
      expect(plain((await tier.getMany([awkwardKey, 'none']))[0]?.value)).toBe(plain(bytes('v')));
      expect(await tier.delete(awkwardKey)).toBe(true);
      expect(await tier.get(awkwardKey)).toBeUndefined();
    });

    test('text and its UTF-8 bytes are the same key; other bytes are another', async () => {
      await tier.set('größe', bytes('v'));
      expect(await tier.get(new Uint8Array(Buffer.from('größe')))).toBeDefined();
      expect(await tier.get(new Uint8Array(Buffer.from('größe', 'latin1')))).toBeUndefined();
      await tier.delete('größe');
    });

    test('a key of 250 bytes fits everywhere; a longer one fits or is refused, and harms nothing', async () => {
      const longest = 'k'.repeat(250);
      await tier.set(longest, bytes('v'));
      expect(await tier.get(longest)).toBeDefined();
      await tier.delete(longest);
      const longer = 'k'.repeat(251);
      if (tier.capabilities.maxKeyBytes < 251) {
        await expect(tier.set(longer, bytes('v'))).rejects.toSatisfy((e) =>
          isCachectlError(e, 'KEY_TOO_LONG'),
        );
        await expect(tier.get(longer)).rejects.toSatisfy((e) => isCachectlError(e, 'KEY_TOO_LONG'));
        await expect(tier.getMany([key, longer])).rejects.toSatisfy((e) =>
          isCachectlError(e, 'KEY_TOO_LONG'),
        );
      } else {
        await tier.set(longer, bytes('v'));
        expect(await tier.delete(longer)).toBe(true);
      }
      await tier.set(key, bytes('after'));
      expect(plain((await tier.get(key))?.value)).toBe(plain(bytes('after')));
    });

    test('what is stored under random keys is what is read', async () => {
      const anyKey = fc.oneof(
        fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
      );
      await fc.assert(
        fc.asyncProperty(anyKey, fc.uint8Array({ maxLength: 300 }), async (anything, value) => {
          await tier.set(anything, value, 60_000);
          expect(plain((await tier.get(anything))?.value)).toBe(plain(value));
          await tier.delete(anything);
        }),
        { numRuns: 60 },
      );
    });

    test('a prefix is deleted, and nothing else', async () => {
      const inside = [`${key}-p*:1`, `${key}-p*:2`];
      const outside = [`${key}-p`, `${key}-pX:1`];
      await tier.setMany([...inside, ...outside].map((k) => ({ key: k, value: bytes('v') })));
      if (!tier.capabilities.enumerates) {
        await expect(tier.deletePrefix(`${key}-p*`)).rejects.toSatisfy((e) =>
          isCachectlError(e, 'NOT_SUPPORTED'),
        );
        return;
      }
      expect(await tier.deletePrefix(`${key}-p*`)).toBe(2);
      expect((await tier.getMany([...inside, ...outside])).map((hit) => hit !== undefined)).toEqual([
        false,
        false,
        true,
        true,
      ]);
    });

    test('stats tell memory', async () => {
      await tier.set(key, new Uint8Array(10_000));
      const stats = await tier.stats();
      expect(stats.usedBytes).toBeGreaterThan(0);
      for (const figure of Object.values(stats)) expect(Number.isFinite(figure)).toBe(true);
    });

    test('many calls at once each get their own answer', async () => {
      const keys = Array.from({ length: 300 }, (_, i) => `${key}~${i}`);
      await Promise.all(keys.map((k) => tier.set(k, bytes(k), 60_000)));
      const hits = await Promise.all(keys.map((k) => tier.get(k)));
      expect(hits.map((hit) => hit && Buffer.from(hit.value).toString())).toEqual(keys);
    });

    describe('faults of the server', () => {
      const calls = (): readonly (() => Promise<unknown>)[] => [
        () => tier.get(key),
        () => tier.get(key, { withTtl: true }),
        () => tier.getMany([key, `${key}x`]),
        () => tier.set(key, bytes('v'), 1000),
        () => tier.setMany([{ key, value: bytes('v') }]),
        () => tier.delete(key),
        () => tier.deleteMany([key]),
        () => tier.stats(),
      ];
      const settled = async (call: () => Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
        const start = performance.now();
        const error = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        return { error, ms: performance.now() - start };
      };

      test('a hung server: every call settles within the deadline; then it recovers', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        const fault = subject.faults;
        await tier.set(key, bytes('before'));
        await fault.freeze();
        const outcomes = await Promise.all(calls().map(settled));
        for (const { error, ms } of outcomes) {
          expect(error).toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'));
          expect(ms).toBeLessThan(subject.deadlineMs + SLACK_MS);
        }
        await fault.thaw();
        await eventually(async () => {
          await tier.set(`${key}2`, bytes('after'));
          expect(plain((await tier.get(`${key}2`))?.value)).toBe(plain(bytes('after')));
        });
      });

      test('a killed server: every call settles within the deadline, also those in flight; a restarted one is used again', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        const fault = subject.faults;
        const inFlight = Array.from({ length: 50 }, (_, i) => settled(() => tier.get(`${key}${i}`)));
        await fault.kill();
        for (const { ms } of await Promise.all(inFlight))
          expect(ms).toBeLessThan(subject.deadlineMs + SLACK_MS);
        for (const { error, ms } of await Promise.all(calls().map(settled))) {
          expect(error).toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'));
          expect(ms).toBeLessThan(subject.deadlineMs + SLACK_MS);
        }
        await fault.restart();
        await eventually(async () => {
          await tier.set(key, bytes('again'));
          expect(plain((await tier.get(key))?.value)).toBe(plain(bytes('again')));
        });
      });
    });

    test('after close every call rejects with CLOSED', async () => {
      const other = await open();
      const pending = other.tier.get('in flight').then(
        () => 'settled',
        () => 'settled',
      );
      await other.tier.close();
      await other.tier.close();
      expect(await pending).toBe('settled');
      await expect(other.tier.get(key)).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(other.tier.set(key, bytes('v'))).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(other.tier.getMany([key])).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await other.dispose();
    });
  });
}

/** Tries for up to 5 s: reconnecting takes its back-off. */
export async function eventually(check: () => Promise<void>, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** What the call rejected with; undefined when it resolved. */
export function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
