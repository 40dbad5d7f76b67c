import type { Command } from 'commander';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { CliContext } from '../context.ts';

/** Adds a command to the program. `onResult` takes its exit code, where it is not 0. */
export type RegisterCommand = (
  program: Command,
  context: CliContext,
  onResult: (code: ExitCode) => void,
) => void;
