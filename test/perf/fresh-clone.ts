/*
 * The newcomer's path, timed: a clean clone of the last commit in an empty folder, then `npm start` and `npm test`
 * there, and what they leave behind. To see the servers installed as well, run it where they are not.
 * Run: npm run bench:fresh
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from './scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'fresh-'));
const temporary = mkdtempSync(join(tmpdir(), 'fresh-tmp-'));
// As open as /tmp is: some tests work as another user.
chmodSync(folder, 0o755);
chmodSync(temporary, 0o1777);
const clone = join(folder, 'cachectl');

function timed(name: string, command: string, args: readonly string[], cwd: string): void {
  const start = performance.now();
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: temporary },
  });
  print(`\n${name}: exit code ${status}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const left = readdirSync(temporary).filter((entry) => !/^(tsx-|node-compile-cache|v8-)/.test(entry));
  print(`${name}: left in the temporary folder: ${left.length === 0 ? 'nothing' : left.join(', ')}`);
  if (status !== 0) process.exitCode = 1;
}

try {
  timed('git clone', 'git', ['clone', '--quiet', process.cwd(), clone], folder);
  timed('npm start', 'npm', ['start'], clone);
  timed('npm start, again', 'npm', ['start', '--', '--help'], clone);
  timed('npm test', 'npm', ['test'], clone);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
}
