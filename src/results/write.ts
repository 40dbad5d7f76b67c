import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CachectlError, messageOf } from '../base/errors.ts';
import { formatSize } from '../base/units.ts';
import type { RunResult } from './run-result.ts';
import { systemErrorCode } from './system-error.ts';

/** Free space that a run should find: many times what its results take. */
const MIN_FREE_BYTES = 16 * 1024 ** 2;

/** The name of a scenario's result file: `<scenario>.json`, with only letters, digits, `.`, `_` and `-`. */
export function resultFileName(scenario: string): string {
  return `${scenario.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'result'}.json`;
}

/**
 * Makes sure, before a run, that results can be written to `dir`; makes it when it is missing.
 * @throws CachectlError BAD_OUTPUT with the path and what to do.
 */
export async function checkWritable(dir: string, minFreeBytes: number = MIN_FREE_BYTES): Promise<void> {
  try {
    await makeDirectory(dir);
    const probe = join(dir, temporaryName());
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (error) {
    throw badOutput(dir, error, await isFile(dir));
  }
  const free = await freeBytes(dir);
  if (free < minFreeBytes) {
    throw new CachectlError(
      'BAD_OUTPUT',
      `cannot write results to ${dir}: only ${formatSize(free)} are free, ${formatSize(minFreeBytes)} are needed`,
      { hint: 'Make room there, or pass --out with another directory.' },
    );
  }
}

/**
 * Writes `<dir>/<scenario>.json` and gives its path. The file is replaced in one step: a reader sees the old
 * result or the new one, whenever the process or the machine ends. Call it after every variant.
 * @throws CachectlError BAD_OUTPUT with the path and what to do.
 */
export async function writeResult(dir: string, result: RunResult): Promise<string> {
  const file = join(dir, resultFileName(result.scenario.name));
  const temporary = join(dir, temporaryName());
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(serialize(result));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    return file;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw badOutput(file, error, false);
  }
}

/** A result as JSON text, with `more` behind it. Metrics that are no finite numbers were not measured, and are left out. */
export function serialize(result: RunResult, more: Readonly<Record<string, unknown>> = {}): string {
  const variants = result.variants.map((variant) => ({
    ...variant,
    metrics: Object.fromEntries(
      Object.entries(variant.metrics).filter(([, value]) => Number.isFinite(value)),
    ),
  }));
  return `${JSON.stringify({ ...result, variants, ...more }, null, 2)}\n`;
}

const temporaryName = (): string => `.cachectl-${randomBytes(6).toString('hex')}.tmp`;

/** Makes a directory and those above it. Node's own way to do so never ends below `/proc`, seen with 20.20. */
async function makeDirectory(dir: string): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return;
    const parent = dirname(resolve(dir));
    if (code !== 'ENOENT' || (await isDirectory(parent))) throw error;
    await makeDirectory(parent);
    await makeDirectory(dir);
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );

/** Some network file systems do not say how much is free; that is no reason to refuse them. */
async function freeBytes(dir: string): Promise<number> {
  const found = await statfs(dir).catch(() => undefined);
  return found === undefined || found.blocks === 0 ? Infinity : found.bavail * found.bsize;
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'Make room there, or pass --out with another directory.'],
  EDQUOT: ['the disk quota is used up', 'Make room there, or pass --out with another directory.'],
  EACCES: ['permission denied', 'Pass --out with a directory that you may write to.'],
  EPERM: ['permission denied', 'Pass --out with a directory that you may write to.'],
  EROFS: ['the file system is read-only', 'Pass --out with a directory on another file system.'],
  ENOTDIR: ['a part of the path is a file', 'Pass --out with a directory.'],
  EISDIR: ['it is a directory', 'Remove it, or pass --out with another directory.'],
  ENOENT: ['there is no such directory', 'Make it, or pass --out with another directory.'],
};

function badOutput(path: string, error: unknown, isAFile: boolean): CachectlError {
  const code = isAFile ? 'ENOTDIR' : systemErrorCode(error);
  const [known, hint] = REASONS[code] ?? [messageOf(error), 'Pass --out with another directory.'];
  const reason = isAFile ? 'it is a file' : known;
  return new CachectlError('BAD_OUTPUT', `cannot write results to ${path}: ${reason}`, {
    cause: error,
    hint,
  });
}
