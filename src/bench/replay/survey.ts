import { formatCount } from '../../base/units.ts';
import type { Scenario, TraceSpec } from '../../config/scenario.ts';
import type { Warning } from '../../results/run-result.ts';
import type { TraceBatch } from '../../workload/traces/batch.ts';
import { firstRecords, recordsBefore } from '../../workload/traces/cut.ts';
import { describeTrace, type TraceDescription } from '../../workload/traces/describe.ts';
import { TRACE_OPERATIONS } from '../../workload/traces/operation.ts';
import type { TraceTally } from '../../workload/traces/tally.ts';
import { openTrace } from '../../workload/traces/trace.ts';
import { shortestKeyName } from '../../workload/key-names.ts';
import { replayedAs } from './replay.ts';

/** What will be replayed, found before any server is started. */
export interface Survey {
  readonly description: TraceDescription;
  readonly tally: TraceTally;
}

/**
 * Reads as much of the trace as the scenario can come to, once: all of it where there is no pace, as nobody knows how
 * fast it will go.
 *
 * @throws CachectlError `BAD_TRACE` when it cannot be read, or has too many malformed records; `BAD_SCENARIO` when its
 *   pace is that of a trace without times
 */
export async function surveyTrace(spec: TraceSpec, totalMs: number): Promise<Survey> {
  const reading = (await openTrace(spec.file, spec)).read();
  const description = await describeTrace(cut(reading, spec, totalMs));
  return { description, tally: reading.tally };
}

function cut(
  batches: AsyncIterable<TraceBatch>,
  { timing, limit = Infinity }: TraceSpec,
  totalMs: number,
): AsyncIterable<TraceBatch> {
  switch (timing.pace) {
    case 'unpaced':
      return limit === Infinity ? batches : firstRecords(batches, limit);
    case 'rate':
      return firstRecords(batches, Math.min(limit, Math.ceil((timing.perSecond * totalMs) / 1000)));
    case 'recorded':
      return recordsBefore(
        limit === Infinity ? batches : firstRecords(batches, limit),
        totalMs * timing.speed,
      );
  }
}

/** The scenario with what the trace decides: how many keys there are, and the rate of its own pace. */
export function withSurvey(scenario: Scenario, trace: TraceSpec, { description }: Survey): Scenario {
  const keys = Math.max(1, description.distinctKeys);
  const keyBytes = Math.max(scenario.keyspace.keyBytes, shortestKeyName(keys));
  const keyspace = { ...scenario.keyspace, keys, keyBytes };
  const { load } = scenario;
  if (load.model !== 'open' || trace.timing.pace !== 'recorded') return { ...scenario, keyspace };
  const replayMs = Math.max(1, description.durationMs ?? 0) / trace.timing.speed;
  const lengthMs = Math.min(replayMs, scenario.warmupMs + scenario.durationMs);
  const rate = (replayedRecords(trace, description) * 1000) / Math.max(1, lengthMs);
  return { ...scenario, keyspace, load: { ...load, rate } };
}

/** What differs from the trace as it was recorded. */
export function alterationsOf(trace: TraceSpec, survey: Survey): readonly Warning[] {
  const { description, tally } = survey;
  const [first] = tally.problems;
  const messages = [
    tally.malformed > 0 &&
      `${counted(tally.malformed, 'record')} malformed and left out, the first in line ${first?.line}: ${first?.message}`,
    ...leftOut(trace, description, tally),
  ];
  return messages.flatMap((message) =>
    message === false ? [] : [{ code: 'trace_altered' as const, message }],
  );
}

function leftOut(
  trace: TraceSpec,
  { operations }: TraceDescription,
  { unsupported }: TraceTally,
): readonly string[] {
  const mapped = replayedAs(trace.lookAside);
  const known = TRACE_OPERATIONS.filter((name) => mapped[name] === undefined && operations[name] > 0);
  const words = [...known.map((name) => [name, operations[name]] as const), ...unsupported];
  if (words.length === 0) return [];
  const total = words.reduce((sum, [, count]) => sum + count, 0);
  const list = words.map(([word, count]) => `${word} ${formatCount(count)}`).join(', ');
  return [`${counted(total, 'request')} of kinds that are not replayed and left out: ${list}`];
}

/** `1 record is`, `2 records are`. */
function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what} is` : `${formatCount(count)} ${what}s are`;
}

function replayedRecords({ lookAside }: TraceSpec, { operations }: TraceDescription): number {
  const mapped = replayedAs(lookAside);
  return TRACE_OPERATIONS.reduce((sum, name) => sum + (mapped[name] === undefined ? 0 : operations[name]), 0);
}
