import { readFile } from 'node:fs/promises';
import { CachectlError, messageOf } from '../base/errors.ts';
import type { RunResult } from './run-result.ts';
import { RUN_RESULT_SCHEMA, runResult } from './schema.ts';
import { systemErrorCode } from './system-error.ts';

const MAX_PROBLEMS = 10;

/**
 * Reads a result file, as written by `writeResult` or by `bench --json`.
 * @throws CachectlError BAD_RESULT when it is missing, cut off, of another kind, or damaged.
 */
export async function readResult(file: string): Promise<RunResult> {
  return parseResult(await readText(file), file);
}

function parseResult(text: string, file: string): RunResult {
  const document = parseJson(text, file);
  checkSchema(document, file);
  const parsed = runResult.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS).map((issue) => ({
    file,
    key: issue.path.join('.'),
    message: issue.message,
  }));
  throw bad(file, `is damaged at ${problems[0]?.key ?? 'the top'}`, { problems });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === 'ENOENT') throw bad(file, 'does not exist', { cause });
    if (code === 'EISDIR') throw bad(file, 'is a directory; name a result file in it', { cause });
    throw bad(file, `cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function parseJson(text: string, file: string): unknown {
  if (text.trim() === '') throw bad(file, 'is empty');
  try {
    return JSON.parse(text);
  } catch (cause) {
    const begun = /^\s*\{/.test(text);
    const ended = /\}\s*$/.test(text);
    throw bad(file, begun && !ended ? 'is cut off: it ends in mid-document' : 'is not JSON', { cause });
  }
}

function checkSchema(document: unknown, file: string): void {
  const schema =
    typeof document === 'object' && document !== null && 'schema' in document ? document.schema : undefined;
  if (schema === RUN_RESULT_SCHEMA) return;
  if (typeof schema !== 'string') throw bad(file, `is not a result of cachectl: it has no 'schema'`);
  if (/^cachectl\.bench\/\d+$/.test(schema)) {
    throw bad(file, `has the format ${schema}, and this release reads ${RUN_RESULT_SCHEMA}`, {
      hint: 'Read it with the release of cachectl that wrote it, or run the benchmark again.',
    });
  }
  throw bad(file, `is of another kind: its schema is '${schema}', expected ${RUN_RESULT_SCHEMA}`);
}

function bad(
  file: string,
  what: string,
  details: ConstructorParameters<typeof CachectlError>[2] = {},
): CachectlError {
  const hint = 'Pass a file that cachectl bench wrote with --out, or its --json output.';
  return new CachectlError('BAD_RESULT', `${file} ${what}`, { hint, ...details });
}
