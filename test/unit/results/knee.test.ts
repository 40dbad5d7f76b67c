import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CurvePoint, kneeOf } from '../../../src/results/knee.ts';

const curve = (...points: readonly (readonly [number, number])[]): readonly CurvePoint[] =>
  points.map(([x, y]) => ({ x, y }));

describe('the knee', () => {
  test('of a curve with a corner is the corner', () => {
    expect(kneeOf(curve([0, 0], [0.1, 0.8], [0.5, 0.85], [1, 0.9]))).toEqual({ x: 0.1, y: 0.8 });
  });

  test("of Kneedle's example, y = 5 - 1 / (x + 0.1), is where the slope is that of the whole", () => {
    const points = Array.from({ length: 1001 }, (_, i) => ({ x: i / 1000, y: 5 - 1 / (i / 1000 + 0.1) }));
    // The slope 1 / (x + 0.1)² is the mean one, 1 / (0.1 · 1.1), where x = √0.11 − 0.1.
    expect(kneeOf(points)?.x).toBeCloseTo(Math.sqrt(0.11) - 0.1, 3);
  });

  test.for([
    ['two points', curve([0, 0], [1, 1])],
    ['a straight line', curve([0, 0], [0.25, 0.25], [0.5, 0.5], [1, 1])],
    ['a curve that only rises more and more', curve([0, 0], [0.5, 0.1], [1, 1])],
    ['one that falls', curve([0, 1], [0.5, 0.9], [1, 0])],
    ['one that stays', curve([0, 0.5], [0.5, 0.5], [1, 0.5])],
    ['points above each other', curve([1, 0], [1, 0.5], [1, 1])],
    ['nothing', []],
  ] as const)('%s has none', ([, points]) => {
    expect(kneeOf(points)).toBeUndefined();
  });

  test('after it each step brings less than the mean one, before it more, in any order and scale', () => {
    const steps = fc.array(fc.record({ dx: fc.integer({ min: 1, max: 50 }), dy: fc.nat({ max: 50 }) }), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (made, scale) => {
        // Concave: the steepest steps first.
        const ordered = [...made].sort((a, b) => b.dy / b.dx - a.dy / a.dx);
        const points: CurvePoint[] = [{ x: 0, y: 0 }];
        for (const { dx, dy } of ordered) {
          const { x, y } = points.at(-1)!;
          points.push({ x: x + dx, y: y + dy * scale });
        }
        const last = points.at(-1)!;
        const mean = last.y / last.x;
        const knee = kneeOf(points.toReversed());
        if (knee === undefined) return;
        for (const [i, to] of points.slice(1).entries()) {
          const from = points[i]!;
          const slope = (to.y - from.y) / (to.x - from.x);
          if (from.x >= knee.x) expect(slope).toBeLessThanOrEqual(mean + 1e-9);
          else expect(slope).toBeGreaterThanOrEqual(mean - 1e-9);
        }
      }),
    );
  });
});
