import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/base/clock.ts';
import { ExitCode } from '../src/base/exit-codes.ts';
import type { CliContext, Interrupt, Output } from '../src/cli/context.ts';
import { main } from '../src/cli/program.ts';

/** Compiled, or as it is written. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** Runs the program in this process. */
export async function run({ version, root }: { version: string; root: URL }): Promise<void> {
  // A reader that has seen enough, as `| head` does, is no error: nobody is left to tell.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? ExitCode.ok);
  });
  process.stderr.on('error', () => {});
  const context: CliContext = {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    scenariosDir: fileURLToPath(new URL('scenarios', root)),
    host: {
      cachectlVersion: version,
      nodeVersion: process.version,
      readRssBytes: () => process.memoryUsage.rss(),
      readCpuMs: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1000;
      },
      instanceProgram: fileURLToPath(new URL(`instance${extension}`, import.meta.url)),
      instanceExecArgv: process.execArgv,
    },
    clock: systemClock,
    interrupt: watchSignals(),
    onExit: (callback) => void process.on('exit', callback),
  };
  process.exitCode = await main(context);
}

function outputOf(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  const { env } = process;
  const isTTY = isatty(stream.fd);
  const columns = isTTY ? stream.columns : Number(env['COLUMNS']);
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  return {
    write: (text) => void stream.write(text),
    isTTY,
    width: columns > 0 ? columns : 80,
    color: (env['NO_COLOR'] ?? '') === '' && (forced || (isTTY && env['TERM'] !== 'dumb')),
    unicode: !isTTY || !/^(C|POSIX)$|^linux$/.test(locale === '' ? (env['TERM'] ?? '') : locale),
  };
}

function watchSignals(): Interrupt {
  const controller = new AbortController();
  let received: ReturnType<Interrupt['received']>;
  const on = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const code = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    if (received !== undefined) process.exit(code);
    received = signal;
    if (!process.stderr.isTTY) process.stderr.write('stopping after the step at hand\n');
    controller.abort(new Error(`stopped by ${signal}`));
  };
  process.on('SIGINT', () => on('SIGINT'));
  process.on('SIGTERM', () => on('SIGTERM'));
  return { signal: controller.signal, received: () => received };
}
