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
    seconds: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});
const endMs = values.seconds === undefined ? Infinity : performance.now() + Number(values.seconds) * 1000;

const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

let toldMs = performance.now();
const result = await search(engineCluster, {
  seed: Number(values.seed),
  from: Number(values.from),
  to: Number(values.to),
  level: values.level as CoherenceLevel | undefined,
  isOver: () => performance.now() > endMs,
  onProgress: (totals) => {
    if (performance.now() - toldMs < 1000) return;
    toldMs = performance.now();
    print({ totals });
  },
});
print({ totals: result.totals });
if (result.wrong !== undefined) {
  const { index, violations, program } = result.wrong;
  print({ wrong: { index, violations, program } });
  if (values.shrink) {
    const smallest = await shrink(program, engineCluster);
    const outcome = await runProgram(smallest, engineCluster);
    print({ smallest: { program: smallest, violations: outcome.violations, history: outcome.history } });
  }
  process.exitCode = 1;
}
