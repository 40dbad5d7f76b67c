/*
 * Instances of an application as processes, over real servers, all of which are stopped, killed, cut off and emptied at
 * random; every read is judged.
 *
 *   npm run coherence:nemesis -- --minutes 12              each level over each choice of servers in turn
 *   npm run coherence:nemesis -- --minutes 10 --level strict --servers redis+database --instances 4
 *   npm run coherence:nemesis -- --plant no-lease          a bug that it must see
 *
 * The time is shared out evenly. Exit code 1 when a rule was broken. A seed repeats the choice of faults, not the course
 * of a run.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.ts';
import type { CoherenceLevel } from '../../src/engine/options.ts';
import { copySources } from './compiled.ts';
import { account } from './nemesis/account.ts';
import { Crew } from './nemesis/crew.ts';
import { faultsOf } from './nemesis/faults.ts';
import { Nemesis } from './nemesis/nemesis.ts';
import { Origin } from './nemesis/origin.ts';
import { plant } from './nemesis/plants.ts';
import { type ServersChoice, startServers } from './nemesis/servers.ts';
import { playAndJudge } from './nemesis/trial.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    /** `bounded`, `partition-safe`, `strict` or `all`. */
    level: { type: 'string', default: 'all' },
    instances: { type: 'string', default: '4' },
    /** `redis`, `redis+database`, `memcached`, or `all`: the first two, which have a bus. */
    servers: { type: 'string', default: 'all' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    rate: { type: 'string', default: '60' },
    /** How far behind others may be, in milliseconds, in place of what is promised. */
    bound: { type: 'string' },
    plant: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});

const ROUND_MS = 60_000;
/** With a bus: the lifetime of memory is much longer than the bound, so that it is the bus that keeps it right. */
const HEARING = { boundMs: 1000, memoryTtlMs: 10_000 };
/**
 * Without one memory is behind by its own lifetime and by how long the ledger is remembered. The second is the
 * shorter, or a process may remember a page of the ledger for longer than the newer value that it loaded itself.
 */
const LONELY = { boundMs: 500, memoryTtlMs: 1000 };
const MOST_SHOWN = 3;
const ENDINGS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

const LEVELS: readonly CoherenceLevel[] = ['bounded', 'partition-safe', 'strict'];
const CHOICES: readonly ServersChoice[] = ['redis', 'redis+database'];

interface Trial {
  readonly level: CoherenceLevel;
  readonly choice: ServersChoice;
  readonly forMs: number;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const size = Number(values.instances);
const random = seededRandom(Number(values.seed));
const epochNs = process.hrtime.bigint();
const nowMs = (): number => Number(process.hrtime.bigint() - epochNs) / 1e6;

function trials(): readonly Trial[] {
  const levels = values.level === 'all' ? LEVELS : [values.level as CoherenceLevel];
  const choices = values.servers === 'all' ? CHOICES : [values.servers as ServersChoice];
  const forMs = (Number(values.minutes) * 60_000) / (levels.length * choices.length);
  return levels.flatMap((level) => choices.map((choice) => ({ level, choice, forMs })));
}

/** What is wrong with one level over one choice of servers; it ends with the first round that is wrong. */
async function wrongIn({ level, choice, forMs }: Trial, worker: string): Promise<number> {
  const hasBus = choice !== 'memcached';
  const { boundMs, memoryTtlMs } = hasBus ? HEARING : LONELY;
  const behindMs = level === 'strict' ? 0 : boundMs + (hasBus ? 0 : memoryTtlMs);
  const rules = { boundMs: values.bound === undefined ? behindMs : Number(values.bound) };
  const operationsPerSecond = Number(values.rate);
  const servers = await startServers(choice, size);
  const origin = new Origin(nowMs);
  const told = { worker, size, level, servers, memoryTtlMs, boundMs, operationsPerSecond };
  const crew = new Crew({ ...told, origin, random, epochNs });
  const end = (): void => crew.end();
  process.once('exit', end);
  let wrong = 0;
  try {
    await crew.start();
    const faults = faultsOf({ crew, servers, random }).filter(({ name }) => name.includes(values.only));
    const nemesis = new Nemesis(faults, random, nowMs);
    for (let round = 1, leftMs = forMs; leftMs > 0 && wrong === 0; round++, leftMs -= ROUND_MS) {
      const options = { crew, nemesis, origin, servers, rules, nowMs };
      const violations = await playAndJudge(options, Math.min(leftMs, ROUND_MS));
      wrong += violations.length;
      for (const one of violations.slice(0, MOST_SHOWN)) print(account(one, origin.history, nemesis.strikes));
      const { operations, reads, invalidations, invalidatedKeys, rejected, loads } = origin.totals;
      print(
        `${level}, ${choice}, round ${round}: ${operations} operations, ${reads} reads, ${invalidations} invalidations (${rejected} rejected), ` +
          `${loads} loads (${(loads / invalidatedKeys).toFixed(2)} for each invalidation of a key), ${crew.born} processes, ${wrong} wrong`,
      );
      origin.beginAnew();
    }
    print(`faults: ${[...nemesis.counts].map(([name, count]) => `${name} ${count}`).join('; ')}`);
    print(`rejected: ${[...origin.rejections].map(([why, count]) => `${count} × ${why}`).join('; ')}`);
  } finally {
    await crew.stop();
    process.off('exit', end);
    await Promise.all(servers.map((server) => server.stop()));
  }
  return wrong;
}

/** An instance that a fault has stopped hears of nothing: it is ended on our way out. Everything else ends with us. */
for (const [signal, code] of ENDINGS) process.once(signal, () => process.exit(code));

print(`seed ${values.seed}: ${size} instances, ${values.level}, ${values.servers}, ${values.minutes} min`);
const copy = await copySources();
let wrong = 0;
try {
  if (values.plant !== undefined) plant(values.plant, copy.source);
  await copy.compile();
  const worker = join(copy.source, '../built/test/coherence/nemesis/worker.js');
  for (const trial of trials()) wrong += await wrongIn(trial, worker);
} finally {
  await copy.remove();
}
print(wrong === 0 ? 'nothing wrong' : `${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
