import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeStaleness } from '../../../src/bench/staleness.ts';
import {
  joinWrites,
  type ReadLog,
  ReadLogger,
  type WriteLog,
  WriteLogger,
} from '../../../src/bench/version-log.ts';

interface Write {
  readonly key: number;
  readonly version: number;
  readonly begunMs: number;
  readonly ackedMs: number;
}

interface Read {
  readonly key: number;
  readonly version: number;
  readonly source: number;
  readonly begunMs: number;
  readonly endedMs: number;
}

function writeLog(writes: readonly Write[]): WriteLog {
  const logger = new WriteLogger();
  for (const { key, version, begunMs, ackedMs } of writes) logger.add(key, version, begunMs, ackedMs);
  return logger.finish();
}

function readLog(reads: readonly Read[]): ReadLog {
  const logger = new ReadLogger(reads.length + 3);
  for (const { key, version, source, begunMs, endedMs } of reads.toSorted((a, b) => a.endedMs - b.endedMs)) {
    logger.add(key, version, source, begunMs, endedMs);
  }
  return logger.finish();
}

const judge = (
  writes: readonly Write[],
  reads: readonly Read[],
  boundMs = 10,
): ReturnType<typeof judgeStaleness> => judgeStaleness(writeLog(writes), readLog(reads), boundMs);

const read = (version: number, begunMs: number, endedMs = begunMs + 1, source = 0): Read => ({
  key: 7,
  version,
  source,
  begunMs,
  endedMs,
});
const write = (version: number, begunMs: number, ackedMs: number): Write => ({
  key: 7,
  version,
  begunMs,
  ackedMs,
});

describe('a read', () => {
  test.each<readonly [string, Read, { stale: number; beyondBound: number; maxAgeMs: number }]>([
    ['of the new version is right', read(2, 101), { stale: 0, beyondBound: 0, maxAgeMs: 0 }],
    [
      'that began before the acknowledgement was promised nothing',
      read(1, 99, 500),
      { stale: 0, beyondBound: 0, maxAgeMs: 0 },
    ],
    [
      'that began at the acknowledgement was not after it',
      read(1, 100),
      { stale: 0, beyondBound: 0, maxAgeMs: 0 },
    ],
    ['of the old version after it is stale', read(1, 104), { stale: 1, beyondBound: 0, maxAgeMs: 4 }],
    ['as old as the bound is within it', read(1, 110), { stale: 1, beyondBound: 0, maxAgeMs: 10 }],
    ['that is older is beyond it', read(1, 111), { stale: 1, beyondBound: 1, maxAgeMs: 11 }],
    [
      'of another key is not judged by this one',
      { ...read(1, 200), key: 8 },
      { stale: 0, beyondBound: 0, maxAgeMs: 0 },
    ],
  ])('%s', (_what, one, expected) => {
    expect(judge([write(2, 90, 100)], [one])).toMatchObject({ reads: 1, resurrected: 0, ...expected });
  });

  test('is as old as the first newer version that was acknowledged, not the last', () => {
    const writes = [write(2, 90, 100), write(3, 190, 200)];
    expect(judge(writes, [read(1, 230)]).maxAgeMs).toBe(130);
    expect(judge(writes, [read(2, 230)]).maxAgeMs).toBe(30);
  });

  test('is not stale by a change that was never acknowledged, but by one after it', () => {
    const failed = write(2, 90, Infinity);
    expect(judge([failed], [read(1, 500)]).stale).toBe(0);
    expect(judge([failed, write(3, 190, 200)], [read(1, 500)]).maxAgeMs).toBe(300);
  });
});

describe('a value is resurrected', () => {
  const writes = [write(2, 90, 100)];

  test('when an older one follows it', () => {
    expect(judge(writes, [read(2, 101), read(1, 103)]).resurrected).toBe(1);
  });

  test('not when the newer read had not ended when the older began', () => {
    expect(judge(writes, [read(2, 101, 105), read(1, 103)])).toMatchObject({ stale: 1, resurrected: 0 });
  });

  test('also when the older began just as the newer had ended', () => {
    expect(judge(writes, [read(2, 101, 103), read(1, 103)]).resurrected).toBe(1);
  });

  test('not before the acknowledgement', () => {
    expect(judge(writes, [read(2, 95), read(1, 97)]).resurrected).toBe(0);
  });

  test('also when what it had seen is not acknowledged yet, but a version between is', () => {
    const three = [write(2, 90, 100), write(3, 110, 300)];
    expect(judge(three, [read(3, 120), read(1, 130)]).resurrected).toBe(1);
    expect(judge(three, [read(3, 120), read(2, 130)]).resurrected).toBe(0);
  });
});

describe('a change', () => {
  const seen = (reads: readonly Read[]): readonly (number | undefined)[] => {
    const { changes, unseen } = judge([write(2, 90, 100)], reads);
    return [
      changes.visibleMs[0],
      changes.sinceBegunMs[0],
      changes.staleForMs[0],
      changes.lastSources[0],
      unseen,
    ];
  };

  test('is visible when the first read after the last old one has ended', () => {
    expect(seen([read(1, 50), read(1, 103, 104, 2), read(2, 107, 109), read(2, 110)])).toEqual([
      9, 19, 3, 2, 0,
    ]);
  });

  test('that nobody could see too late is visible at once', () => {
    expect(seen([read(1, 80), read(2, 95, 96)])).toEqual([0, 6, 0, 0, 0]);
  });

  test('is not visible yet when an old value comes back', () => {
    expect(seen([read(1, 80), read(2, 101), read(1, 120), read(2, 130)])[0]).toBe(31);
  });

  test('that a newer one has replaced is visible by that', () => {
    expect(seen([read(1, 80), read(5, 140)])[0]).toBe(41);
  });

  test('of a key that the instance had no older version of says nothing', () => {
    expect(seen([read(2, 150)]).slice(0, 3)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('of a key that nobody asked for after it says nothing', () => {
    expect(seen([read(1, 80)])).toEqual([Number.NaN, Number.NaN, Number.NaN, 0, 0]);
  });

  test('that the last read still did not see is counted', () => {
    expect(seen([read(1, 80), read(1, 130)])).toEqual([Infinity, Infinity, 30, 0, 1]);
  });
});

const KEYS = 3;
const time = fc.nat({ max: 60 });
const writesArbitrary = fc
  .array(
    fc.record({
      key: fc.nat({ max: KEYS - 1 }),
      begunMs: time,
      tookMs: fc.oneof(fc.nat({ max: 20 }), fc.constant(Infinity)),
    }),
    {
      maxLength: 20,
    },
  )
  .map((all) =>
    all.map(({ key, begunMs, tookMs }, i): Write => ({
      key,
      version: 2 + all.slice(0, i).filter((other) => other.key === key).length,
      begunMs,
      ackedMs: begunMs + tookMs,
    })),
  );
const readsArbitrary = fc.array(
  fc
    .record({
      key: fc.nat({ max: KEYS - 1 }),
      version: fc.integer({ min: 1, max: 8 }),
      source: fc.nat({ max: 4 }),
      begunMs: time,
      tookMs: fc.nat({ max: 15 }),
    })
    .map(({ tookMs, ...rest }): Read => ({ ...rest, endedMs: rest.begunMs + tookMs })),
  { maxLength: 30 },
);

/** By the definitions, read for read and change for change. */
function byHand(writes: readonly Write[], reads: readonly Read[], boundMs: number): unknown {
  const ages = reads.map((one) => {
    const newer = writes.filter(({ key, version }) => key === one.key && version > one.version);
    return one.begunMs - Math.min(Infinity, ...newer.map(({ ackedMs }) => ackedMs));
  });
  const stale = ages.filter((age) => age > 0);
  const resurrected = reads.filter((one) =>
    writes.some(
      ({ key, version, ackedMs }) =>
        key === one.key &&
        version > one.version &&
        ackedMs < one.begunMs &&
        reads.some((other) => other.key === key && other.version >= version && other.endedMs <= one.begunMs),
    ),
  );
  const pairs = writes.map(({ key, version, begunMs, ackedMs }) => {
    const mine = reads.filter((one) => one.key === key);
    const lastOldMs = Math.max(
      -Infinity,
      ...mine.filter((one) => one.version < version).map((one) => one.begunMs),
    );
    const after = mine.filter((one) => one.begunMs > lastOldMs);
    const visibleAtMs = Math.min(Infinity, ...after.map(({ endedMs }) => endedMs));
    if (lastOldMs === -Infinity || ackedMs === Infinity) return undefined;
    if (after.length === 0 && lastOldMs <= ackedMs) return undefined;
    return {
      visibleMs: Math.max(0, visibleAtMs - ackedMs),
      sinceBegunMs: Math.max(0, visibleAtMs - begunMs),
      staleForMs: Math.max(0, lastOldMs - ackedMs),
      isSeen: after.length > 0,
    };
  });
  return {
    reads: reads.length,
    stale: stale.length,
    beyondBound: stale.filter((age) => age > boundMs).length,
    maxAgeMs: Math.max(0, ...stale),
    resurrected: resurrected.length,
    unseen: pairs.filter((pair) => pair?.isSeen === false).length,
    visibleMs: pairs.map((pair) => pair?.visibleMs ?? Number.NaN),
    sinceBegunMs: pairs.map((pair) => pair?.sinceBegunMs ?? Number.NaN),
    staleForMs: pairs.map((pair) => pair?.staleForMs ?? Number.NaN),
  };
}

test('it is what the definitions say, by hand, for any writes and reads', () => {
  fc.assert(
    fc.property(writesArbitrary, readsArbitrary, fc.nat({ max: 20 }), (writes, reads, boundMs) => {
      const distinct = distinctBegins(reads);
      const { changes, ...counts } = judge(writes, distinct, boundMs);
      const { visibleMs, sinceBegunMs, staleForMs } = changes;
      const told = {
        ...counts,
        visibleMs: [...visibleMs],
        sinceBegunMs: [...sinceBegunMs],
        staleForMs: [...staleForMs],
      };
      expect(told).toEqual(byHand(writes, distinct, boundMs));
    }),
    { numRuns: 2000 },
  );
});

/** Reads that begin at the same instant have no order; a clock of nanoseconds gives each its own. */
function distinctBegins(reads: readonly Read[]): readonly Read[] {
  return reads.map((one, i) => ({
    ...one,
    begunMs: one.begunMs + i / 1000,
    endedMs: one.endedMs + i / 1000,
  }));
}

test('it does not matter who wrote what, nor how far the log could have grown', () => {
  fc.assert(
    fc.property(writesArbitrary, readsArbitrary, (writes, reads) => {
      const parts = [0, 1, 2].map((part) => writeLog(writes.filter(({ key }) => key % 3 === part)));
      const { changes: _one, ...joined } = judgeStaleness(joinWrites(parts), readLog(reads), 5);
      const { changes: _other, ...whole } = judge(writes, reads, 5);
      expect(joined).toEqual(whole);
    }),
  );
});
