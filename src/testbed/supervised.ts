import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * How no server process and no file ever outlives us.
 *
 * Each private server runs under a small shell of its own, the supervisor. The supervisor makes the server's
 * directory, starts the server and waits for whichever comes first: the server's end, or end-of-file on the
 * pipe that we hold open. We hold the only writing end, so the kernel closes it however we end: by stop(), a
 * thrown error, SIGTERM, or SIGKILL. The supervisor then ends the server (first by its stop signal, after
 * two seconds by SIGKILL) and removes the directory. A server that was frozen, with its children, is woken before
 * that: it could not end otherwise. A child that still writes makes the removal fail, and it is tried again. Both are in a session of their own, so that Ctrl-C at the
 * terminal reaches us alone and we can still measure, report and stop in order. The supervisor writes nothing
 * once the server runs: after our death a line such as "Killed" would end it by SIGPIPE before it has cleaned up.
 *
 * $1 directory, $2 stop signal, the rest the server's command line (none: only the directory is kept).
 */
const SUPERVISOR = `
dir=$1; signal=$2; shift 2
mkdir -m 700 -- "$dir" && cd -- "$dir" || exit 97
exec 4<&0 </dev/null
if [ $# -eq 0 ]; then
  echo 0 >&3; exec 3>&-
  while read -r line <&4; do :; done
  cd /; rm -rf -- "$dir"; exit 0
fi
"$@" 3>&- 4<&- &
server=$!
echo "$server" >&3; exec 3>&- >/dev/null 2>&1
(
  while read -r line <&4; do :; done
  family="$server $(cat "/proc/$server/task/$server/children" || pgrep -P "$server")"
  kill -s CONT $family
  kill -s "$signal" "$server" || exit 0
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.1; kill -0 "$server" || exit 0
  done
  kill -s KILL $family
) &
watch=$!
exec 4<&-
wait "$server"; code=$?
kill -s KILL "$watch" 2>/dev/null
cd /
for i in 1 2 3 4 5 6 7 8; do
  rm -rf -- "$dir" && break
  sleep 0.5
done
exit $code
`;

/** How much of a server's output is kept, to explain why it ended. */
const LOG_BYTES = 8192;

export interface SupervisedCommand {
  /** Absolute path of the program. */
  readonly program: string;
  /** Arguments; `dir` is the private directory, which is also the working directory. */
  readonly args: (dir: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A private directory that is gone, to be made again. Default: a new one. */
  readonly dir?: string | undefined;
  /** What the program is asked to end with. Default `TERM`. */
  readonly stopSignal?: 'TERM' | 'INT' | 'QUIT' | 'KILL';
  /** Whom program, supervisor and directory belong to; only root may choose. Default: us. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A process, or only a directory, that ends with us. */
export class Supervised {
  /** Private directory, mode 0700; removed with the process. */
  readonly dir: string;
  /** The server's own process id; 0 when there is only a directory. */
  readonly pid: number;
  readonly #supervisor: ChildProcess;
  readonly #ended: Promise<number>;
  readonly #log: () => string;
  #alive = true;

  private constructor(
    dir: string,
    pid: number,
    supervisor: ChildProcess,
    ended: Promise<number>,
    log: () => string,
  ) {
    this.dir = dir;
    this.pid = pid;
    this.#supervisor = supervisor;
    this.#log = log;
    this.#ended = ended.then((code) => {
      this.#alive = false;
      return code;
    });
  }

  /** Starts `command` in a new private directory, or keeps just the directory when there is none. */
  static async start(label: string, command?: SupervisedCommand): Promise<Supervised> {
    const dir = command?.dir ?? join(tmpdir(), `cachectl-${label}-${randomBytes(6).toString('hex')}`);
    const line = command === undefined ? [] : [command.program, ...command.args(dir)];
    const supervisor = spawn(
      '/bin/sh',
      ['-c', SUPERVISOR, 'cachectl-supervisor', dir, command?.stopSignal ?? 'TERM', ...line],
      {
        cwd: '/',
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        ...(command?.env === undefined ? {} : { env: { ...command.env } }),
        ...command?.user,
      },
    );
    let log = '';
    const keep = (chunk: Buffer): void => {
      log = (log + chunk.toString('utf8')).slice(-LOG_BYTES);
    };
    supervisor.stdout?.on('data', keep);
    supervisor.stderr?.on('data', keep);
    supervisor.stdin?.on('error', () => {});
    const ended = new Promise<number>((resolve, reject) => {
      supervisor.once('error', reject);
      supervisor.once('close', (code) => resolve(code ?? -1));
    });
    hold(supervisor, true);
    const pid = await Promise.race([readPid(supervisor), ended.then(() => -1)]);
    hold(supervisor, false);
    return new Supervised(dir, pid, supervisor, ended, () => log);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The last output of the process. */
  get log(): string {
    return this.#log();
  }

  /** Resolves with the exit code when the process has ended and its directory is gone. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  /** Ends the process and removes the directory. Calling it again waits for the same end. */
  async stop(): Promise<void> {
    hold(this.#supervisor, true);
    this.#supervisor.stdin?.end();
    await this.#ended;
  }
}

/** Whether the process keeps us from ending by ourselves: only while we wait for it to start or to end. */
function hold(supervisor: ChildProcess, held: boolean): void {
  const act = held ? 'ref' : 'unref';
  supervisor[act]();
  for (const stream of supervisor.stdio) if (stream instanceof Socket) stream[act]();
}

function readPid(supervisor: ChildProcess): Promise<number> {
  const control = supervisor.stdio[3];
  return new Promise((resolve) => {
    control?.once('data', (chunk: Buffer) => resolve(Number.parseInt(chunk.toString('utf8'), 10)));
  });
}
