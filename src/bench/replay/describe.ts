import { basename } from 'node:path';
import { formatRate } from '../../base/units.ts';
import type { Scenario } from '../../config/scenario.ts';

/** What a scenario replays and how, in a few words; undefined when its operations are generated. */
export function describeReplay({ trace, load }: Pick<Scenario, 'trace' | 'load'>): string | undefined {
  if (trace === undefined) return undefined;
  const { timing } = trace;
  const of = `replay of ${basename(trace.file)}`;
  switch (timing.pace) {
    case 'unpaced':
      return `${of} on ${load.connections} ${load.connections === 1 ? 'connection' : 'connections'}`;
    case 'rate':
      return `${of} at ${formatRate(timing.perSecond)}`;
    case 'recorded':
      return timing.speed === 1 ? `${of} at its own pace` : `${of} at ${timing.speed} times its pace`;
  }
}
