import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTurn } from '../../src/base/clock.ts';
import type { FencedAccess } from '../../src/backends/fenced.ts';
import { bytes, type FencedUnderTest, fencedOf, LONG_MS } from './fenced-subject.ts';

interface Part {
  readonly who: 'near' | 'far';
  readonly act: 'read' | 'refresh' | 'invalidate' | 'change';
  /** Turns of the event loop before each of its steps. */
  readonly pauses: readonly number[];
}

/** A row of a database that is cached under one key, and what of it everybody must see. */
class Row {
  readonly key: string;
  version = 0;
  /** The latest version whose invalidation was acknowledged. */
  acknowledged = 0;

  constructor(key: string) {
    this.key = key;
  }

  acknowledge(version: number): void {
    this.acknowledged = Math.max(this.acknowledged, version);
  }
}

const versionOf = (value: Uint8Array): number => Number(Buffer.from(value).toString());

/** Many clients of one key at once, in random order: nobody reads what was invalid before it began to read. */
export function describeFencedRaces(subjectNow: () => FencedUnderTest): void {
  let run = 0;
  const anyPart: fc.Arbitrary<Part> = fc.record({
    who: fc.constantFrom('near', 'far'),
    act: fc.constantFrom('read', 'read', 'read', 'refresh', 'invalidate', 'change'),
    pauses: fc.array(fc.nat(4), { minLength: 4, maxLength: 4 }),
  });

  test('readers and writers at once: no fill outlives the invalidation of what it read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPart, { minLength: 4, maxLength: 24 }), async (parts) => {
        const row = new Row(`ns:race:${run++}`);
        await Promise.all(parts.map((part) => play(fencedOf(subjectNow()[part.who]), part, row)));
        const last = await fencedOf(subjectNow().near).fetch(row.key, LONG_MS);
        if (last.state === 'hit') expect(versionOf(last.hit.value)).toBe(row.version);
      }),
      { numRuns: 80 },
    );
  });

  test('a token that was granted before a change began is refused after it ended, whoever asks', async () => {
    const voids = fc.constantFrom('invalidate', 'store', 'claim');
    await fc.assert(
      fc.asyncProperty(
        fc.array(voids, { minLength: 1, maxLength: 6 }),
        fc.nat(8),
        async (changes, others) => {
          const key = `ns:late:${run++}`;
          const { near, far } = { near: fencedOf(subjectNow().near), far: fencedOf(subjectNow().far) };
          const lease = await near.fetch(key, LONG_MS);
          if (lease.state !== 'granted') throw new Error(`it is ${lease.state}`);
          const value = bytes('late');
          const noise = Array.from({ length: others }, () => far.fetch(key, LONG_MS));
          const made = changes.map((change) => voidBy(change, far, key));
          await Promise.all([...made, ...noise]);
          const late = await Promise.all(
            [near, far].map((access) => access.fill([{ key, token: lease.token, value }])),
          );
          expect(late).toEqual([[false], [false]]);
          const now = await near.fetch(key, LONG_MS);
          if (now.state === 'hit') expect(Buffer.from(now.hit.value).toString()).not.toBe('late');
        },
      ),
      { numRuns: 40 },
    );
  });
}

function voidBy(
  change: 'invalidate' | 'store' | 'claim',
  access: FencedAccess,
  key: string,
): Promise<unknown> {
  if (change === 'invalidate') return access.invalidate([key]);
  if (change === 'claim') return access.claim([key], LONG_MS);
  return access.store([{ key, value: bytes('stored'), ttlMs: LONG_MS }]);
}

async function play(access: FencedAccess, { act, pauses }: Part, row: Row): Promise<void> {
  const { key } = row;
  let step = 0;
  const pause = async (): Promise<void> => {
    for (let left = pauses[step++] ?? 0; left > 0; left--) await nextTurn();
  };
  await pause();
  if (act === 'read' || act === 'refresh') {
    const atLeast = row.acknowledged;
    const answer = await (act === 'read' ? access.fetch(key, LONG_MS) : access.acquire(key, LONG_MS));
    if (answer.state === 'hit') expect(versionOf(answer.hit.value)).toBeGreaterThanOrEqual(atLeast);
    if (answer.state !== 'granted') return;
    await pause();
    const read = row.version;
    await pause();
    const value = bytes(String(read));
    const [stored] = await access.fill([{ key, token: answer.token, value, ttlMs: LONG_MS }]);
    if (stored === true) expect(read).toBeGreaterThanOrEqual(atLeast);
    return;
  }
  const [claim] = act === 'change' ? await access.claim([key], LONG_MS) : [];
  await pause();
  const version = ++row.version;
  await pause();
  if (claim === undefined) await access.invalidate([key]);
  else await access.settle([{ ...claim, value: bytes(String(version)), ttlMs: LONG_MS }]);
  row.acknowledge(version);
}
