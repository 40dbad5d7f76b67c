/*
 * Runs random schedules of instances of the engine in virtual time, with faults, and judges every read.
 *
 *   npm run coherence -- --schedules 1000000            on all cores
 *   npm run coherence -- --seed 7 --replay 1234         one schedule again, shrunk, with its whole history
 *
 * Exit code 1 when a schedule broke a rule.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { copySources } from './compiled.ts';
import { parseReport, type SearchReport, sumOf } from './report.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    level: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    replay: { type: 'string' },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const level = values.level === undefined ? [] : ['--level', values.level];

/** One process of the search. */
async function job(from: number, to: number, onReport: (report: SearchReport) => void): Promise<number> {
  const args = ['--seed', values.seed, '--from', String(from), '--to', String(to), '--shrink', ...level];
  const { code, output } = await copy.run('test/coherence/sim/main', args, (line) =>
    onReport(parseReport(line)),
  );
  if (code !== 0 && code !== 1) throw new Error(`a process of the search ended with ${code}:\n${output}`);
  return code;
}

function tell({ wrong, smallest }: SearchReport): void {
  if (wrong !== undefined) {
    print(`schedule ${wrong.index} of seed ${values.seed} broke a rule:`);
    for (const { rule, message } of wrong.violations) print(`  ${rule}: ${message}`);
    print(
      `again: npm run coherence -- --seed ${values.seed} --replay ${wrong.index}${level.map((arg) => ` ${arg}`).join('')}`,
    );
  }
  if (smallest !== undefined) {
    print('the smallest that still does:');
    print(JSON.stringify(smallest, undefined, 1));
  }
}

const copy = await copySources();
let isWrong = false;
try {
  await copy.compile();
  const startMs = performance.now();
  const first = values.replay === undefined ? 0 : Number(values.replay);
  const count = values.replay === undefined ? Number(values.schedules) : 1;
  const jobs = Math.min(Number(values.jobs), count);
  print(`seed ${values.seed}, ${count} schedules in ${jobs} processes`);
  const latest = new Map<number, SearchReport>();
  const size = Math.ceil(count / jobs);
  const codes = await Promise.all(
    Array.from({ length: jobs }, (_, i) => {
      const from = first + i * size;
      return job(from, Math.min(from + size, first + count), (report) => {
        if (report.totals !== undefined) latest.set(i, report);
        tell(report);
      });
    }),
  );
  isWrong = codes.includes(1);
  const seconds = (performance.now() - startMs) / 1000;
  const { schedules, reads, loads, invalidations } = sumOf([...latest.values()]);
  print(
    `${schedules} schedules in ${seconds.toFixed(1)} s (${(schedules / seconds).toFixed(0)}/s): ` +
      `${reads} reads, ${loads} loads, ${invalidations} invalidations; ${isWrong ? 'at least one is wrong' : '0 wrong'}`,
  );
} finally {
  await copy.remove();
}
process.exitCode = isWrong ? 1 : 0;
