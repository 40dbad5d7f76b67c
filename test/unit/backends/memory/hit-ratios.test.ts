import { describe, expect, test } from 'vitest';
import { DEFAULT_EVICTION, type EvictionName } from '../../../../src/backends/memory/eviction/registry.ts';
import { MemoryStore } from '../../../../src/backends/memory/store.ts';
import { ManualClock } from '../../../../src/base/clock.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { createKeyDistribution } from '../../../../src/workload/distributions.ts';
import { hitRatio, optimalHitRatio, readTrace } from '../../../support/traces.ts';

interface TraceCase {
  readonly trace: Int32Array;
  readonly maxEntries: number;
  /** In %, of which `npm run bench:eviction` measures some tenths more. */
  readonly atLeast: Readonly<Partial<Record<EvictionName, number>>>;
  /** What the literature's simulators give, in %. */
  readonly optimum: number;
}

const CASES: Readonly<Record<string, TraceCase>> = {
  loop: {
    trace: readTrace('loop'),
    maxEntries: 512,
    atLeast: { 'w-tinylfu': 49 },
    optimum: 50.5,
  },
  gli: {
    trace: readTrace('gli'),
    maxEntries: 1000,
    atLeast: { lru: 11.2, sieve: 31, 's3-fifo': 34.5, 'w-tinylfu': 50 },
    optimum: 53.1,
  },
  multi3: {
    trace: readTrace('multi3'),
    maxEntries: 1000,
    atLeast: { lru: 37.6, sieve: 39, 's3-fifo': 45, 'w-tinylfu': 50.5 },
    optimum: 56.3,
  },
  sprite: {
    trace: readTrace('sprite'),
    maxEntries: 1000,
    atLeast: { lru: 90.6, sieve: 86.5, 's3-fifo': 89, 'w-tinylfu': 89.6 },
    optimum: 93.2,
  },
};

const ENTRY_BYTES = (() => {
  const store = new MemoryStore({}, new ManualClock());
  store.write('10000000', new Uint8Array(0));
  return store.usedBytes;
})();

describe.each(Object.entries(CASES))('%s', (_name, { trace, maxEntries, atLeast, optimum }) => {
  const measured = new Map<EvictionName, number>();
  const ratioOf = (eviction: EvictionName): number => {
    const ratio = measured.get(eviction) ?? hitRatio(trace, eviction, { maxEntries, maxBytes: Infinity });
    measured.set(eviction, ratio);
    return ratio;
  };

  test.each(Object.entries(atLeast) as [EvictionName, number][])(
    '%s reaches %d percent',
    (eviction, least) => {
      expect(ratioOf(eviction)).toBeGreaterThanOrEqual(least);
    },
  );

  test('the default is nowhere more than 1 point under lru, and as good when the bound is in bytes', () => {
    const ratio = ratioOf(DEFAULT_EVICTION);
    expect(ratio).toBeGreaterThan(ratioOf('lru') - 1);
    const inBytes = { maxEntries: 1e6, maxBytes: maxEntries * ENTRY_BYTES };
    expect(Math.abs(hitRatio(trace, DEFAULT_EVICTION, inBytes) - ratio)).toBeLessThan(0.3);
  });

  test('no policy is better than the optimum, which is what others found', () => {
    const best = optimalHitRatio(trace, maxEntries);
    expect(Math.abs(best - optimum)).toBeLessThan(0.06);
    expect(ratioOf(DEFAULT_EVICTION)).toBeLessThan(best);
  });
});

test('Zipf 0.9: all that resist scans beat lru by far', () => {
  const spec = { distribution: 'zipfian', keys: 100_000, exponent: 0.9 } as const;
  const keys = createKeyDistribution(spec, seededRandom(1), seededRandom(2));
  const trace = Int32Array.from({ length: 300_000 }, () => keys.next());
  const inEntries = { maxEntries: 1000, maxBytes: Infinity };
  const lru = hitRatio(trace, 'lru', inEntries);
  for (const eviction of ['sieve', 's3-fifo', 'w-tinylfu'] as const) {
    expect(hitRatio(trace, eviction, inEntries)).toBeGreaterThan(lru + 7);
  }
});

test.each(['s3-fifo', 'w-tinylfu'] as const)(
  '%s still knows the sizes of its parts after overwriting',
  (eviction) => {
    const { trace, maxEntries } = CASES['multi3'] as TraceCase;
    const store = new MemoryStore({ maxBytes: maxEntries * ENTRY_BYTES, eviction }, new ManualClock());
    let hits = 0;
    for (const key of trace) {
      const text = String(key + 1e7);
      if (store.read(text) !== undefined) hits++;
      store.write(text, new Uint8Array(300));
      store.write(text, new Uint8Array(0));
    }
    expect(hits / trace.length).toBeGreaterThan(0.4);
  },
);
