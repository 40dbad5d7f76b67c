import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Library } from './peer.ts';
import type { Crowd, CrowdDone } from './crowd.ts';

export const PROCESSES = 8;
export const CALLERS = 250;
export const RUNS = 3;
const LOAD_MS = 300;
const LIMIT_MS = 10_000;

const CROWD: string = fileURLToPath(new URL('crowd.ts', import.meta.url));

/** Loads of one cold key that all callers of all processes want at once, for each library; one figure a run. */
export async function stampedes(libraries: readonly Library[], url: string): Promise<readonly string[]> {
  const processes = Array.from({ length: PROCESSES }, () =>
    fork(CROWD, [url], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  );
  try {
    await Promise.all(processes.map((child) => once(child, 'message')));
    const told: string[] = [];
    for (const { name } of libraries) {
      const loads: number[] = [];
      await all(processes, { do: 'open', library: name });
      for (let run = 0; run < RUNS; run++) {
        const done = await all(processes, {
          do: 'read',
          key: `cold-${run}`,
          callers: CALLERS,
          loadMs: LOAD_MS,
        });
        const answered = done.reduce((sum, { answers }) => sum + answers, 0);
        if (answered !== PROCESSES * CALLERS) throw new Error(`${name}: ${answered} callers were answered`);
        loads.push(done.reduce((sum, one) => sum + one.loads, 0));
      }
      await all(processes, { do: 'close' });
      told.push([...new Set(loads)].sort((a, b) => a - b).join(' to '));
    }
    return told;
  } finally {
    for (const child of processes) child.kill('SIGKILL');
  }
}

async function all(processes: readonly ChildProcess[], order: Crowd): Promise<readonly CrowdDone[]> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const done = processes.map(async (child) => (await once(child, 'message', { signal }))[0] as CrowdDone);
  for (const child of processes) child.send(order);
  return Promise.all(done);
}
