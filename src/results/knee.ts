/** A point of a curve: what is given, and what comes of it. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The knee of a curve that rises less and less: after it each further step brings less than the mean step does. Both
 * axes are scaled to 0 to 1, and it is the point farthest above the line from the first point to the last (the
 * difference curve of Kneedle: V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'Kneedle' in a Haystack:
 * Detecting Knee Points in System Behavior", ICDCS Workshops 2011; without its smoothing, as the points are few). Of
 * points that are equally far, the first.
 *
 * @param points in any order
 * @returns undefined when there are fewer than three, the curve does not rise, or no point is above that line
 */
export function kneeOf<Point extends CurvePoint>(points: readonly Point[]): Point | undefined {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined || sorted.length < 3) return undefined;
  if (last.x === first.x || last.y <= first.y) return undefined;
  const above = ({ x, y }: CurvePoint): number =>
    (y - first.y) / (last.y - first.y) - (x - first.x) / (last.x - first.x);
  const knee = sorted.reduce((best, point) => (above(point) > above(best) + ROUNDING ? point : best));
  return above(knee) > ROUNDING ? knee : undefined;
}

/** Differences that floating point makes of nothing. */
const ROUNDING = 1e-12;
