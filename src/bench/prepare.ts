import { totalmem } from 'node:os';
import { CachectlError } from '../base/errors.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Warning } from '../results/run-result.ts';
import type { Target } from '../testbed/target.ts';
import { openTrace } from '../workload/traces/trace.ts';
import type { Host } from './host.ts';
import { memoryNeeds, requireMemory } from './memory-need.ts';
import { alterationsOf, surveyTrace, withSurvey } from './replay/survey.ts';

type Place = { readonly target: Target; readonly host: Pick<Host, 'readRssBytes'> };

/** A scenario as it is run. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly warnings: readonly Warning[];
}

/**
 * What can be seen at once: that the machine has the memory, and that there is such a trace.
 *
 * @throws CachectlError `BAD_SCENARIO`, `BAD_TRACE`
 */
export async function checkScenario(scenario: Scenario, place: Place): Promise<void> {
  const { trace } = scenario;
  if (trace === undefined) requireRoom(scenario, place);
  else await openTrace(trace.file, trace);
}

/**
 * Completes the scenario by what its trace decides, before any server is started.
 *
 * @throws CachectlError `BAD_SCENARIO`, `BAD_TRACE`
 */
export async function prepareScenario(scenario: Scenario, place: Place): Promise<Prepared> {
  const { trace } = scenario;
  if (trace === undefined) {
    requireRoom(scenario, place);
    return { scenario, warnings: [] };
  }
  const survey = await surveyTrace(trace, scenario.warmupMs + scenario.durationMs);
  const { description } = survey;
  if (trace.timing.pace === 'recorded' && description.durationMs === undefined) {
    throw new CachectlError(
      'BAD_SCENARIO',
      `${trace.file}: the trace has no times, so it has no pace of its own`,
      {
        hint: 'replay it with pace: rate or pace: unpaced',
      },
    );
  }
  const completed = withSurvey(scenario, trace, survey);
  requireRoom(completed, place, description.footprintBytes);
  return { scenario: completed, warnings: alterationsOf(trace, survey) };
}

function requireRoom(scenario: Scenario, { target, host }: Place, contentBytes?: number): void {
  const machine = { totalBytes: totalmem(), processBytes: host.readRssBytes() };
  requireMemory(memoryNeeds(scenario, target, machine, contentBytes), machine, scenario.file);
}
