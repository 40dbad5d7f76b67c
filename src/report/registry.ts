import { CachectlError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { json } from './json.ts';
import type { Reporter } from './reporter.ts';
import { table } from './table.ts';

/** All reporters by name, as `--format` takes them. */
export const REPORTERS: Readonly<Record<string, Reporter>> = { table, json };

/** @throws CachectlError BAD_USAGE that lists the known formats. */
export function findReporter(name: string): Reporter {
  const reporter = Object.hasOwn(REPORTERS, name) ? REPORTERS[name] : undefined;
  if (reporter !== undefined) return reporter;
  const known = Object.keys(REPORTERS);
  throw new CachectlError('BAD_USAGE', `there is no format '${name}'${didYouMean(name, known)}`, {
    hint: `Formats: ${known.join(', ')}.`,
  });
}
