import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClaimSource } from '../../../src/gate/claims/claim.ts';
import { judgeClaims } from '../../../src/gate/claims/judge.ts';
import { parseClaims } from '../../../src/gate/claims/parse.ts';
import { judge } from '../../../src/gate/judge.ts';
import { concludeClaims, renderClaims } from '../../../src/report/claims.ts';
import { json } from '../../../src/report/json.ts';
import { styleFor } from '../../../src/report/style.ts';
import { table } from '../../../src/report/table.ts';
import { displayWidth } from '../../../src/report/text.ts';
import type { RunResult } from '../../../src/results/run-result.ts';
import { runOf } from './fixture.ts';

const claim = (what: string, claimed: string, expression: string): ClaimSource => ({
  what,
  claimed,
  source: 'ADR-006, Performance Impact',
  expression,
  origin: 'customer.yaml:31',
});

const SOURCES: readonly ClaimSource[] = [
  claim('A lookup is answered in 5 ms', '150 → 5 ms', 'latency.p50 <= 5ms'),
  claim('Reads are hits with Redis alone', '95 %', 'redis:hit_ratio >= 95%'),
  claim('Fewer queries', '60 to 80 %', 'reduction(origin.loads, none -> all) >= 60%'),
  claim('Response times are halved', 'half', 'factor(latency.p50, none -> all) <= 0.5'),
  claim('The bus is quick', '1 ms', 'wait.p99 <= 1ms'),
];
const complete = runOf();

function report(
  width: number,
  result: RunResult = complete,
  sources: readonly ClaimSource[] = SOURCES,
): string {
  const claims = judgeClaims(parseClaims(sources), result);
  return table({ result, verdict: judge([], result), claims }, { width, color: false });
}

const claimsOf = (text: string): string => text.slice(text.indexOf('Claims:'), text.indexOf('Latency (log'));

describe('golden', () => {
  test.each([50, 80, 120])('claims at %d columns', async (width) => {
    await expect(claimsOf(report(width))).toMatchFileSnapshot(`golden/claims-${width}.txt`);
  });
});

test('come after the variants and before all else', () => {
  const text = report(80);
  expect(text.indexOf('all tiers')).toBeLessThan(text.indexOf('Claims: 3 of 5 reproduced'));
  expect(text.indexOf('Claims:')).toBeLessThan(text.indexOf('Latency (log'));
  expect(report(80, complete, [])).not.toContain('laim');
});

test('are counted in one sentence that says what was refuted by what', () => {
  const claims = judgeClaims(parseClaims(SOURCES), complete);
  const sentence =
    '3 of 5 claims reproduced, 1 refuted (Reads are hits with Redis alone: 93.3 %, not >= 95%), 1 not shown.';
  expect(concludeClaims(claims).map((text) => text.replaceAll('\u00A0', ' '))).toEqual([sentence]);
  expect(concludeClaims(claims.slice(0, 1))).toEqual(['1 of 1 claim reproduced.']);
  expect(concludeClaims([])).toEqual([]);
});

test('are in the JSON with all that was found', () => {
  const claims = judgeClaims(parseClaims(SOURCES), complete);
  const document: unknown = JSON.parse(
    json({ result: complete, verdict: judge([], complete), claims }, { width: 80, color: false }),
  );
  expect(document).toMatchObject({
    verdict: { passed: true },
    claims: [
      { what: 'A lookup is answered in 5 ms', verdict: 'reproduced' },
      { verdict: 'refuted', limit: 0.95, measured: expect.closeTo(0.933, 2) },
      { verdict: 'reproduced', values: { from: 3000 } },
      { verdict: 'reproduced' },
      { verdict: 'not shown', reason: "wait.p99 was not measured in variant 'all'" },
    ],
  });
});

test('whatever they say, no line is longer than the terminal is wide, and none acts on it', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
  const source = fc.record({
    what: text,
    claimed: text,
    source: text,
    expression: fc.constantFrom(...SOURCES.map(({ expression }) => expression)),
    origin: fc.constant('f.yaml:1'),
  });
  fc.assert(
    fc.property(
      fc.array(source, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 40, max: 130 }),
      (sources, width) => {
        const claims = judgeClaims(parseClaims(sources), complete);
        for (const line of renderClaims(claims, width, styleFor(false))) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      },
    ),
    { numRuns: 200 },
  );
});
