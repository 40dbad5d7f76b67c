import { Command, CommanderError } from 'commander';
import { CachectlError } from '../base/errors.ts';
import { ExitCode } from '../base/exit-codes.ts';
import { benchCommand } from './commands/bench.ts';
import { configCommand } from './commands/config.ts';
import { mergeCommand } from './commands/merge.ts';
import { scenariosCommand } from './commands/scenarios.ts';
import type { CliContext } from './context.ts';
import { reportError } from './error-text.ts';

const EXIT_CODES = `
Exit codes:
  0 done                    4 server not reached, started or authenticated
  1 defect of cachectl      6 result not trustworthy
  2 bad usage or file       130, 143 interrupted
  3 a check failed`;

/** Runs the program and gives its exit code. Nothing it does ends the process. */
export async function main(context: CliContext): Promise<ExitCode> {
  const asJson = context.argv.includes('--json');
  let code: ExitCode = ExitCode.ok;
  const program = createProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(context.argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, context, asJson);
    if (error.exitCode === 0) return ExitCode.ok;
    return reportError(usageError(error), context, asJson);
  }
}

/** What commander found wrong, as an error of ours: in one sentence, with what to do. */
function usageError({ code, message }: CommanderError): CachectlError {
  if (code === 'commander.help') {
    return new CachectlError('BAD_USAGE', 'no command given', {
      hint: "run 'cachectl --help' for the commands",
    });
  }
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const hint = "run 'cachectl --help', or 'cachectl <command> --help' for what a command takes";
  return new CachectlError('BAD_USAGE', suggestion === undefined ? what : `${what} ${suggestion}`, { hint });
}

function createProgram(context: CliContext, onResult: (code: ExitCode) => void): Command {
  const program = new Command('cachectl')
    .description('Cache operations and benchmarking on one tiered-cache engine, against real servers.')
    .version(context.host.cachectlVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', EXIT_CODES)
    .addHelpText('after', "\nRun 'cachectl <command> --help' for options and examples.")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: context.stdout.write,
      writeErr: () => {},
      getOutHelpWidth: () => context.stdout.width,
      getErrHelpWidth: () => context.stderr.width,
      getOutHasColors: () => context.stdout.color,
      getErrHasColors: () => context.stderr.color,
    });
  for (const command of [benchCommand, mergeCommand, scenariosCommand, configCommand])
    command(program, context, onResult);
  return program;
}
