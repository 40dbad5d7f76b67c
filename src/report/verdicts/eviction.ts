import { formatCount, formatRatio, formatSize } from '../../base/units.ts';
import { type CurvePoint, kneeOf } from '../../results/knee.ts';
import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { unbroken } from '../text.ts';

/** The variants of one policy, by size. */
interface Curve {
  readonly policy: string;
  readonly points: readonly Point[];
}

interface Point {
  /** Share of the keys that the tier holds, or bytes that the server may take. */
  readonly x: number;
  /** Hit ratio as long as the hot keys stayed. */
  readonly y: number;
  readonly variant: VariantResult;
}

/** Where the knee of each policy's curve is, which policy is best there, and what moving hot keys did. */
export function evictionVerdict({ variants }: RunResult): readonly string[] {
  const curves = curvesOf(variants);
  if (curves.length === 0) return ['Nothing was measured.'];
  const knees = curves.flatMap((curve) => kneeOf(withOrigin(curve.points)) ?? []);
  return [...curves.map(describeKnee), ...describeShift(knees.flatMap(({ variant }) => variant ?? []))];
}

/** What a tier without any room would hit. */
function withOrigin(points: readonly Point[]): readonly (Omit<Point, 'variant'> & Partial<Point>)[] {
  return [{ x: 0, y: 0 }, ...points];
}

function describeKnee({ policy, points }: Curve): string {
  const knee = kneeOf(withOrigin(points));
  const most = points.reduce((a, b) => (b.x > a.x ? b : a));
  const all = `${unbroken(formatRatio(most.y))} with ${roomOf(most)}`;
  if (knee === undefined) return `${policy} hit ${all}, and its curve has no knee.`;
  return `${policy} hit ${unbroken(formatRatio(knee.y))} with ${roomOf(knee)}, the knee of its curve, and ${all}.`;
}

/** A share is at most 1, and no server has so little memory. */
function roomOf({ x }: CurvePoint): string {
  return x > 1 ? unbroken(formatSize(x)) : `room for ${unbroken(formatRatio(x))} of the keys`;
}

function describeShift(atKnees: readonly VariantResult[]): readonly string[] {
  return atKnees.flatMap((variant) => {
    const before = figureOf(variant, 'steady.hit_ratio');
    const lowest = figureOf(variant, 'shift.hit_ratio');
    if (before === undefined || lowest === undefined) return [];
    const regain = figureOf(variant, 'shift.regain');
    const end =
      regain === undefined
        ? 'and did not come back'
        : `and came back after ${unbroken(`${formatCount(regain)} requests`)}`;
    return [
      `When the hot keys moved, the hits of ${unbroken(nameOf(variant))} fell from ${unbroken(formatRatio(before))} to ${unbroken(formatRatio(lowest))}, ${end}.`,
    ];
  });
}

function curvesOf(variants: readonly VariantResult[]): readonly Curve[] {
  const curves = new Map<string, Point[]>();
  for (const variant of variants) {
    const x = figureOf(variant, 'cache.room') ?? figureOf(variant, 'cache.memory');
    const y = figureOf(variant, 'steady.hit_ratio');
    if (x === undefined || y === undefined) continue;
    // The title is the policy and its size.
    const policy = nameOf(variant).replace(/, [\d.]+(%| MiB)$/, '');
    curves.set(policy, [...(curves.get(policy) ?? []), { x, y, variant }]);
  }
  return [...curves].map(([policy, points]) => ({ policy, points }));
}
