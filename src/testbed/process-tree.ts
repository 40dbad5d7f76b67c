import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/**
 * A process and its children, the parent first. To freeze a server that works in children (PostgreSQL), all of them
 * must be stopped, the parent first so that it makes no more.
 */
export async function processFamily(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => pgrep(pid));
  return [
    pid,
    ...children
      .split(/\s+/)
      .filter((text) => text !== '')
      .map(Number),
  ];
}

/** Sends a signal to a process and its children, as far as they live. */
export async function signalFamily(signal: 'STOP' | 'CONT' | 'KILL', pid: number): Promise<void> {
  const family = await processFamily(pid);
  await new Promise<void>((resolve) => {
    // by the shell, which every supervisor is too: a member that has just ended is no failure
    execFile('/bin/sh', ['-c', 'kill -s "$0" "$@"', signal, ...family.map(String)], () => resolve());
  });
}

/** Where there is no /proc. Prints nothing and fails when there are no children. */
function pgrep(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('pgrep', ['-P', String(pid)], (_error, stdout) => resolve(stdout));
  });
}
