import { CachectlError, isCachectlError, messageOf, type Problem } from '../base/errors.ts';
import { type ExitCode, ExitCode as Exit } from '../base/exit-codes.ts';
import { redact } from '../base/redact.ts';
import type { CliContext } from './context.ts';

/** Tells the user of an error, on stderr, and gives the exit code. */
export function reportError(error: unknown, context: CliContext, asJson: boolean): ExitCode {
  const known = isCachectlError(error) ? error : undefined;
  const text = asJson ? jsonText(error) : plainText(error);
  context.stderr.write(redact(text));
  return known?.exitCode ?? Exit.unexpected;
}

function plainText(error: unknown): string {
  if (!isCachectlError(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error: this is a defect of cachectl: ${messageOf(error)}\n\n${stack}\n`;
  }
  const lines = [`error: ${error.message}`];
  if (error.problems.length > 1 || error.problems.some((problem) => !tellsPlace(error.message, problem))) {
    lines.push('', ...error.problems.map((problem) => `  ${problemText(problem)}`), '');
  }
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

function tellsPlace(message: string, { file }: Problem): boolean {
  return file === undefined || message.includes(`${file}:`);
}

/** `file:line:column key: message`, as editors and CI jobs find it. */
function problemText({ file, line, column, key, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const about = key === undefined || key === '' ? '' : `${key}: `;
  return place === '' ? `${about}${message}` : `${place} ${about}${message}`;
}

function jsonText(error: unknown): string {
  const known = error instanceof CachectlError ? error : undefined;
  const document = {
    error: {
      code: known?.code ?? 'UNEXPECTED',
      message: messageOf(error),
      hint: known?.hint,
      problems: known !== undefined && known.problems.length > 0 ? known.problems : undefined,
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
