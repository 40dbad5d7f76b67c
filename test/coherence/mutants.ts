/*
 * Plants bugs in a copy of the engine, one at a time, and asks whether the checker sees them.
 *
 *   npm run coherence:mutants                      all
 *   npm run coherence:mutants -- --only fence,tag  those whose name contains one of these
 *
 * A mutant is seen when a schedule is wrong with it that is right without. Exit code 1 when one was not seen within a
 * minute of processor time, or its text is not in the sources any more.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Compiled, copySources } from './compiled.ts';
import { type Mutant, mutants } from './planted.ts';
import { parseReport, type SearchReport } from './report.ts';

const SECONDS = 60;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seed: { type: 'string', default: '1' } },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

type Finding = NonNullable<SearchReport['wrong']>;

/** The first schedule that the copy gets wrong. */
async function firstWrong(copy: Compiled, args: readonly string[]): Promise<Finding | undefined> {
  let found: Finding | undefined;
  const { code, output } = await copy.run(
    'test/coherence/sim/main',
    ['--seed', values.seed, ...args],
    (line) => {
      found ??= parseReport(line).wrong;
    },
  );
  if (code === 0 || found !== undefined) return found;
  throw new Error(`the search failed:\n${output}`);
}

/** What the checker said of it; undefined when it saw nothing. */
async function seen({ file, find, replace }: Mutant, sound: Compiled): Promise<string | undefined> {
  const copy = await copySources();
  try {
    const path = join(copy.source, file);
    const text = readFileSync(path, 'utf8');
    const times = text.split(find).length - 1;
    if (times !== 1) throw new Error(`stale mutant: its text is in ${file} ${times} times`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    await copy.compile();
    const wrong = await firstWrong(copy, ['--to', '1000000', '--seconds', String(SECONDS)]);
    const [first] = wrong?.violations ?? [];
    if (wrong === undefined || first === undefined) return undefined;
    const { index } = wrong;
    if ((await firstWrong(sound, ['--from', String(index), '--to', String(index + 1)])) !== undefined) {
      throw new Error(`schedule ${index} is wrong without it, too`);
    }
    return `${(wrong.afterMs / 1000).toFixed(1)} s, schedule ${index}: ${first.rule}: ${first.message}`;
  } finally {
    await copy.remove();
  }
}

let missed = 0;
const parts = values.only.split(',');
const chosen = mutants.filter(({ name }) => parts.some((part) => name.includes(part)));
const sound = await copySources();
try {
  await sound.compile();
  for (const mutant of chosen) {
    const verdict = await seen(mutant, sound).catch((error: unknown) => error as Error);
    if (typeof verdict === 'string') {
      print(`seen    ${mutant.name}: ${verdict}`);
      continue;
    }
    missed++;
    print(`MISSED  ${mutant.name}: ${verdict?.message ?? `nothing in ${SECONDS} s`}`);
  }
} finally {
  await sound.remove();
}
print(`${chosen.length - missed} of ${chosen.length} seen`);
process.exitCode = missed === 0 && chosen.length > 0 ? 0 : 1;
