/*
 * A generator that cannot keep up must say so. The tool itself is disturbed in its runs: by a loop that blocks it
 * (in its own process), and by being stopped for half of each tenth of a second, which is what a CPU limit of a container
 * does. Each such run must be marked (exit code 6); runs that nothing disturbs must not be.
 * Run: npm run bench:saturation [-- idle runs] (build first: npm run build)
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { print } from './scenario.ts';

const IDLE_RUNS = Number(process.argv[2] ?? 20);
const DISTURBED_RUNS = 5;
const UNTRUSTWORTHY = 6;
const PROGRAM = fileURLToPath(new URL('../../dist/bin/cachectl.js', import.meta.url));
const BLOCKER = `data:text/javascript,${encodeURIComponent(
  'setInterval(() => { const end = performance.now() + 80; while (performance.now() < end); }, 100).unref();',
)}`;

type Load = readonly string[];
const OPEN: Load = ['--rate', '500'];
const CLOSED: Load = ['--connections', '20'];

interface Disturbance {
  readonly node?: readonly string[];
  /** Whether the process is stopped half of the time. */
  readonly isLimited?: boolean;
}

/** Runs the tool; gives its exit code. */
async function exitCode(load: Load, { node = [], isLimited = false }: Disturbance): Promise<number | null> {
  const args = ['bench', 'smoke/load', '--warmup', '500ms', '--duration', '3s', ...load];
  const child = spawn(process.execPath, [...node, PROGRAM, ...args], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let isStopped = false;
  const toggle = setInterval(() => {
    isStopped = isLimited && !isStopped;
    if (isLimited) child.kill(isStopped ? 'SIGSTOP' : 'SIGCONT');
  }, 50);
  const code = await ended;
  clearInterval(toggle);
  return code;
}

async function marked(what: string, runs: number, load: Load, disturbance: Disturbance): Promise<number> {
  let count = 0;
  for (let run = 0; run < runs; run++) {
    if ((await exitCode(load, disturbance)) === UNTRUSTWORTHY) count++;
  }
  print(`${what}: ${count} of ${runs} runs are marked as not trustworthy`);
  return count;
}

const blocked = { node: ['--import', BLOCKER] };
const limited = { isLimited: true };
const seen =
  (await marked('a busy loop, open loop', DISTURBED_RUNS, OPEN, blocked)) +
  (await marked('a busy loop, closed loop', DISTURBED_RUNS, CLOSED, blocked)) +
  (await marked('a CPU limit, open loop', DISTURBED_RUNS, OPEN, limited)) +
  (await marked('a CPU limit, closed loop', DISTURBED_RUNS, CLOSED, limited));
const alarms =
  (await marked('nothing, open loop', IDLE_RUNS / 2, OPEN, {})) +
  (await marked('nothing, closed loop', IDLE_RUNS / 2, CLOSED, {}));
process.exitCode = seen === 4 * DISTURBED_RUNS && alarms === 0 ? 0 : 1;
