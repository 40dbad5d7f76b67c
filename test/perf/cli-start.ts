/*
 * How long the program takes to answer: --version and --help of the built program against an empty Node, in turn.
 * Run: npm run bench:cli
 */
import { spawnSync } from 'node:child_process';
import { median, print } from './scenario.ts';

const PROGRAM = new URL('../../dist/bin/cachectl.js', import.meta.url).pathname;
const PAIRS = 25;

function runMs(...args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}`);
  return performance.now() - start;
}

const cases = {
  '--version': [PROGRAM, '--version'],
  '--help': [PROGRAM, '--help'],
  'bench --help': [PROGRAM, 'bench', '--help'],
};
for (const [name, args] of Object.entries(cases)) {
  const turns = Array.from({ length: PAIRS }, () => ({ empty: runMs('-e', '0'), own: runMs(...args) }));
  const ratios = turns.map(({ own, empty }) => own / empty).sort((a, b) => a - b);
  const ms = median(turns.map(({ own }) => own));
  print(
    `${name}: ${median(ratios).toFixed(2)} × node -e 0 (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)}, ${PAIRS} pairs), ${ms.toFixed(0)} ms`,
  );
}
