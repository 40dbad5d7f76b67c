import type { RunResult } from '../../results/run-result.ts';
import { advise } from '../advice.ts';
import type { ReportInput } from '../reporter.ts';
import { observe } from '../summary.ts';
import { evictionVerdict } from './eviction.ts';
import { invalidationVerdict } from './invalidation.ts';
import { failoverVerdict } from './failover.ts';
import { stampedeVerdict } from './stampede.ts';
import { ttlStormVerdict } from './ttl-storm.ts';
import { warmingVerdict } from './warming.ts';

/** What a run of a kind has shown, in a sentence or two that stand on its figures. */
export type KindVerdict = (result: RunResult) => readonly string[];

const VERDICTS: Readonly<Record<string, KindVerdict>> = {
  stampede: stampedeVerdict,
  invalidation: invalidationVerdict,
  failover: failoverVerdict,
  warming: warmingVerdict,
  'ttl-storm': ttlStormVerdict,
  eviction: evictionVerdict,
};

/** What was seen. Of kinds without a verdict of their own: how the main variant did, and what to try next. */
export function conclude({ result, verdict }: ReportInput): readonly string[] {
  const own = VERDICTS[result.scenario.kind];
  return own === undefined ? [...observe(result), ...advise(result, verdict)] : own(result);
}
