/*
 * The engine and other libraries side by side: how fast they are, and what they answer when things go wrong.
 * Run: npm run bench:peers [-- --markdown] [library …]
 */
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { FAULTS, type Finding } from './peers/faults.ts';
import type { Library } from './peers/peer.ts';
import { LIBRARIES, libraryOf } from './peers/registry.ts';
import { findingsOf } from './peers/scoreboard.ts';
import { READS, type Speed, speedsOf } from './peers/speed.ts';
import { CALLERS, PROCESSES, stampedes } from './peers/stampede.ts';
import { type Table, tableText, turned } from './peers/table.ts';

const ROUNDS = 41;
/** Libraries tested at once: the tests wait most of the time. */
const AT_ONCE = 3;

const args = process.argv.slice(2);
const form = args.includes('--markdown') ? 'markdown' : 'text';
const names = args.filter((arg) => !arg.startsWith('--'));
const baseline = libraryOf('ten lines');
const libraries = names.length === 0 ? LIBRARIES : [...new Set([...names.map(libraryOf), baseline])];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function withRedis<T>(work: (server: PrivateServer) => Promise<T>): Promise<T> {
  const server = await startRedis(process.env, { listen: await freePort(), maxMemoryBytes: 1024 ** 3 });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** The results of `work` in the order of the libraries. */
async function forEachLibrary<T>(work: (library: Library) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    for (let i = next++; i < libraries.length; i = next++) results[i] = await work(libraries[i] as Library);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return results;
}

/** A line a library, as a cell is too wide for a column a library. */
function speedTable(speeds: readonly (readonly Speed[])[]): Table {
  const columns = READS.map(({ unit }, i) =>
    (speeds[i] ?? []).map(({ value, ratio, low, high }) => {
      const shown = value.toFixed(unit === 'ns' || value >= 100 ? 0 : 1);
      return `${shown} (${ratio.toFixed(2)}: ${low.toFixed(2)}–${high.toFixed(2)})`;
    }),
  );
  return {
    head: ['', ...READS.map(({ title, unit }) => `${title}, ${unit}`)],
    rows: turned([libraries.map(({ name }) => name), ...columns]),
  };
}

/** Reasons are numbered in the order in which they are needed. */
function scoreTable(
  findings: readonly (readonly Finding[])[],
  loads: readonly string[],
): { table: Table; reasons: string[] } {
  const reasons: string[] = [];
  const cell = ({ found, why }: Finding): string => {
    if (why === undefined) return found;
    if (!reasons.includes(why)) reasons.push(why);
    return `${found} [${reasons.indexOf(why) + 1}]`;
  };
  const rows = FAULTS.map(({ title }, i) => [
    title,
    ...findings.map((ofOne) => cell(ofOne[i] ?? { found: '?' })),
  ]);
  rows.push([`${PROCESSES} processes × ${CALLERS} callers, one cold key: loads`, ...loads]);
  return { table: { head: ['', ...libraries.map(({ name }) => name)], rows }, reasons };
}

const speeds = await withRedis(({ url }) => speedsOf(libraries, baseline, url, ROUNDS));
print(
  `Speed. In brackets: times the speed of the ten lines, median and quartiles of ${ROUNDS} rounds in turn.\n`,
);
print(tableText(speedTable(speeds), form));

const loads = await withRedis(({ url }) => stampedes(libraries, url));
const findings = await forEachLibrary((library) => withRedis((server) => findingsOf(library, server)));
const { table, reasons } = scoreTable(findings, loads);
print('\nCoherence, two instances over one Redis.\n');
print(tableText(table, form));
for (const [i, reason] of reasons.entries()) print(`${i === 0 ? '\n' : ''}[${i + 1}] ${reason}`);
