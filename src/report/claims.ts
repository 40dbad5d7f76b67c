import type { ClaimResult, ClaimVerdict } from '../gate/claims/claim.ts';
import { formatRatio } from '../base/units.ts';
import { formatMetric } from './metric-text.ts';
import { type RowColumn, renderRows } from './rows.ts';
import type { Style } from './style.ts';
import { clean, counted, unbroken, wrap } from './text.ts';

type Claims = readonly ClaimResult[];

const MARKS: Readonly<Record<ClaimVerdict, readonly [mark: string, style: Parameters<Style>[0]]>> = {
  reproduced: ['✓', 'good'],
  refuted: ['✗', 'bad'],
  'not shown': ['?', 'quiet'],
};

const COLUMNS: readonly RowColumn[] = [
  { header: 'claim', most: Infinity },
  { header: 'claimed', most: 18 },
  { header: 'measured', most: 18 },
  { header: 'verdict', most: 11 },
];

/** `Claims: 5 of 7 reproduced`. */
export function claimsTitle(claims: Claims): string {
  return `Claims: ${of(claims, 'reproduced').length} of ${claims.length} reproduced`;
}

/** What was claimed, what was measured and what that says of the claim; below it why some are not shown. */
export function renderClaims(claims: Claims, width: number, style: Style): readonly string[] {
  if (claims.length === 0) return [];
  const rows = claims.map((claim) => [
    clean(claim.what),
    clean(claim.claimed),
    measuredText(claim),
    claim.verdict === 'not shown' ? claim.verdict : `${claim.verdict}${marginText(claim)}`,
  ]);
  const marks = claims.map(({ verdict }) => style(MARKS[verdict][1], MARKS[verdict][0]));
  const reasons = [...new Set(claims.flatMap(({ reason }) => reason ?? []))].flatMap((reason) =>
    wrap(`? Not shown: ${clean(reason)}.`, width - 2, 2),
  );
  const sources = [...new Set(claims.map(({ source }) => clean(source)))];
  return [
    ...renderRows(COLUMNS, rows, marks, width, style),
    ...reasons.map((line) => `  ${line}`),
    ...wrap(`Claimed in: ${sources.join('; ')}.`, width - 2).map((line) => `  ${style('quiet', line)}`),
  ];
}

/** `2 of 4 claims reproduced, 1 refuted (hit ratio of inventory: 78.0 %, not >= 85%), 1 not shown`; nothing without claims. */
export function concludeClaims(claims: Claims): readonly string[] {
  if (claims.length === 0) return [];
  const refuted = of(claims, 'refuted');
  const unshown = of(claims, 'not shown').length;
  const named = refuted.map(
    (claim) => `${clean(claim.what)}: ${measuredText(claim)}, not ${conditionOf(claim)}`,
  );
  const parts = [
    `${of(claims, 'reproduced').length} of ${counted(claims.length, 'claim')} reproduced`,
    ...(refuted.length === 0 ? [] : [`${refuted.length} refuted (${named.join('; ')})`]),
    ...(unshown === 0 ? [] : [`${unshown} not shown`]),
  ];
  return [`${parts.join(', ')}.`];
}

const of = (claims: Claims, verdict: ClaimVerdict): Claims =>
  claims.filter((claim) => claim.verdict === verdict);

/** `4.10 ms`; of a change also from what to what: `-97.3 % (150 ms → 4.10 ms)`. */
function measuredText({ measure, measured, values }: ClaimResult): string {
  if (measured === undefined) return '–';
  if (measure.kind === 'metric') return unbroken(formatMetric(measure.metric, measured));
  const change = measure.kind === 'factor' ? `× ${measured.toPrecision(3)}` : signed(-measured);
  if (values === undefined) return unbroken(change);
  const [from, to] = [values.from, values.to].map((value) => unbroken(formatMetric(measure.metric, value)));
  return `${unbroken(change)} (${from} → ${to})`;
}

const signed = (change: number): string => `${change > 0 ? '+' : ''}${formatRatio(change)}`;

/** The condition without its subject: `>= 85%`. */
function conditionOf({ expression, operator }: ClaimResult): string {
  return unbroken(clean(expression.slice(expression.lastIndexOf(operator))));
}

/** How far the figure is from the limit, on which side the verdict tells: `, by 12.0 %`. */
function marginText({ margin }: ClaimResult): string {
  if (margin === undefined || margin === 0) return '';
  return Math.abs(margin) >= 10 ? '' : `, ${unbroken(`by ${formatRatio(Math.abs(margin))}`)}`;
}
