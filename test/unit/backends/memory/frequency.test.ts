import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrequencySketch } from '../../../../src/backends/memory/eviction/frequency-sketch.ts';
import { Ghosts } from '../../../../src/backends/memory/eviction/ghosts.ts';
import { hashOf } from '../../../../src/backends/memory/eviction/key-hash.ts';
import { WindowShare } from '../../../../src/backends/memory/eviction/window-share.ts';

describe('frequency sketch', () => {
  test('never tells less than was counted, up to 15, and mostly no more', () => {
    const sketch = new FrequencySketch(1024);
    const counts = Array.from({ length: 500 }, (_, i) => i % 20);
    for (const [i, count] of counts.entries()) {
      for (let use = 0; use < count; use++) sketch.increment(hashOf(`key ${i}`));
    }
    const estimates = counts.map((_, i) => sketch.estimate(hashOf(`key ${i}`)));
    for (const [i, count] of counts.entries())
      expect(estimates[i]).toBeGreaterThanOrEqual(Math.min(15, count));
    const exact = counts.filter((count, i) => estimates[i] === Math.min(15, count)).length;
    expect(exact).toBeGreaterThan(480);
  });

  test('keys that were never counted have mostly 0', () => {
    const sketch = new FrequencySketch(1024);
    for (let i = 0; i < 1024; i++) sketch.increment(hashOf(`known ${i}`));
    const strangers = Array.from({ length: 1000 }, (_, i) => sketch.estimate(hashOf(`stranger ${i}`)));
    expect(strangers.filter((count) => count > 0).length).toBeLessThan(50);
  });

  test('counts are halved after 10 increments for each entry', () => {
    const sketch = new FrequencySketch(64);
    for (let use = 0; use < 12; use++) sketch.increment(hashOf('old'));
    for (let i = 0; i < 627; i++) sketch.increment(hashOf(`other ${i}`));
    const before = sketch.estimate(hashOf('old'));
    sketch.increment(hashOf('the last'));
    expect(before).toBeGreaterThanOrEqual(12);
    expect(sketch.estimate(hashOf('old'))).toBe(before >> 1);
    const strangers = Array.from({ length: 500 }, (_, i) => sketch.estimate(hashOf(`stranger ${i}`)));
    expect(Math.max(...strangers)).toBeLessThan(4);
  });

  test('is sized by a power of two', () => {
    expect([1, 64, 65, 100_000].map((entries) => new FrequencySketch(entries).capacity)).toEqual([
      64, 64, 128, 131_072,
    ]);
  });
});

describe('ghosts', () => {
  const step = fc.record({
    hash: fc.integer({ min: -20, max: 20 }),
    take: fc.boolean(),
    limit: fc.integer({ min: 1, max: 200 }),
  });

  test('are the latest ones, each until it is taken', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const ghosts = new Ghosts();
        let model: { readonly hash: number; isThere: boolean }[] = [];
        for (const { hash, take, limit } of steps) {
          const known = model.find((ghost) => ghost.hash === hash && ghost.isThere);
          if (take) expect(ghosts.take(hash)).toBe(known !== undefined);
          if (known !== undefined) known.isThere = false;
          if (take) continue;
          ghosts.add(hash, limit);
          model = [{ hash, isThere: true }, ...model].slice(0, limit);
        }
      }),
    );
  });
});

describe('share of the window', () => {
  test('grows by one entry when a refused key comes back, shrinks when a displaced one does', () => {
    const share = new WindowShare();
    for (const hash of [1, 2, 3]) share.refuse(hash, 100);
    share.displace(4, 100);
    expect(share.value).toBe(0.01);
    expect([share.comeBack(1, 100), share.comeBack(2, 100), share.comeBack(2, 100)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(share.value).toBeCloseTo(0.03, 10);
    expect(share.comeBack(4, 100)).toBe(true);
    expect(share.value).toBeCloseTo(0.02, 10);
  });

  test('a key that comes back too late changes nothing', () => {
    const share = new WindowShare();
    for (let hash = 0; hash < 20; hash++) share.refuse(hash, 100);
    expect([share.comeBack(6, 100), share.comeBack(7, 100)]).toEqual([false, true]);
  });

  test('stays from 0.01 to 0.8', () => {
    const share = new WindowShare();
    for (let hash = 0; hash < 200; hash++) {
      share.refuse(hash, 100);
      share.comeBack(hash, 100);
    }
    expect(share.value).toBe(0.8);
    for (let hash = 0; hash < 200; hash++) {
      share.displace(hash, 100);
      share.comeBack(hash, 100);
    }
    expect(share.value).toBe(0.01);
  });
});
