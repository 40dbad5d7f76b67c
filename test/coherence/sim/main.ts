/*
 * One process of the search: runs schedules FROM to TO of a seed, and prints what it found as lines of JSON.
 * Started by test/coherence/run.ts and test/coherence/mutants.ts.
 */
import { parseArgs } from 'node:util';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import { engineCluster } from './engine-cluster.ts';
import { search, shrink } from './search.ts';
import { runProgram } from './world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '1000' },
    level: { type: 'string' },
    /** Of processor time. */
    seconds: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});
const longestMs = values.seconds === undefined ? Infinity : Number(values.seconds) * 1000;
/** Processor time of this process: what it finds by when does not depend on what else the machine does. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

let toldMs = performance.now();
const result = await search(engineCluster, {
  seed: Number(values.seed),
  from: Number(values.from),
  to: Number(values.to),
  level: values.level as CoherenceLevel | undefined,
  isOver: () => usedMs() > longestMs,
  onProgress: (totals) => {
    if (performance.now() - toldMs < 1000) return;
    toldMs = performance.now();
    print({ totals });
  },
});
print({ totals: result.totals });
if (result.wrong !== undefined) {
  const { index, violations, program } = result.wrong;
  print({ wrong: { index, violations, program, afterMs: usedMs() } });
  if (values.shrink) {
    const smallest = await shrink(program, engineCluster);
    const outcome = await runProgram(smallest, engineCluster);
    print({ smallest: { program: smallest, violations: outcome.violations, history: outcome.history } });
  }
  process.exitCode = 1;
}
