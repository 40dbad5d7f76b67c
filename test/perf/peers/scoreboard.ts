import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PrivateServer } from '../../../src/testbed/servers/server.ts';
import { FAULTS, type Finding } from './faults.ts';
import type { Library } from './peer.ts';

/** What a test may take altogether, with the start of its process on a busy machine. */
const CELL_LIMIT_MS = 30_000;

const CELL: string = fileURLToPath(new URL('cell.ts', import.meta.url));

/** One finding for each test, in the order of FAULTS. The server is private to the library. */
export async function findingsOf(library: Library, server: PrivateServer): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const number of FAULTS.keys()) findings.push(await findingOf(library, number, server));
  return findings;
}

function findingOf(library: Library, number: number, server: PrivateServer): Promise<Finding> {
  const child = fork(CELL, [library.name, String(number), server.url, String(server.pid)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (text) => {
    said += String(text);
  });
  let told: Finding | undefined;
  child.on('message', (finding: Finding) => {
    told = finding;
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, CELL_LIMIT_MS);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      // a test that was ended may have left the server stopped
      process.kill(server.pid, 'SIGCONT');
      if (isLate) resolve({ found: `hangs > ${CELL_LIMIT_MS / 1000} s` });
      else if (code === 0 && told !== undefined) resolve(told);
      else resolve({ found: told === undefined ? 'crash' : `${told.found}, crash`, why: errorIn(said) });
    });
  });
}

/** The line of a stack trace that says what happened. */
function errorIn(said: string): string {
  return (
    said
      .split('\n')
      .find((line) => /Error\b.*:/.test(line))
      ?.trim() ?? said.trim().slice(0, 200)
  );
}
