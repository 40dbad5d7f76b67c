import { delay } from '../../../src/base/deadline.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { judge, type Rules, type Violation } from '../judge.ts';
import type { Crew } from './crew.ts';
import type { Instance } from './instance.ts';
import { allKeys } from './keys.ts';
import type { Nemesis } from './nemesis.ts';
import type { Origin } from './origin.ts';
import type { PlayedServer } from './servers.ts';

/** Calls settle within this time once nothing fails: a caller waits 10 s for another process' load, then loads itself. */
const LONGEST_CALL_MS = 20_000;
/** What was rejected is made up for within this time: pauses of up to 1 s, for the connection and for the attempt. */
const RECOVERY_MS = 4000;
const POLL_MS = 250;
const LOOKS = 3;
const OUTAGE_MS = 600;
/** A change that a server does not take is rejected by then. */
const LONGEST_DEADLINE_MS = 1200;

export interface TrialOptions {
  readonly crew: Crew;
  readonly nemesis: Nemesis;
  readonly origin: Origin;
  readonly servers: readonly PlayedServer[];
  readonly rules: Rules;
  readonly nowMs: () => number;
}

/** Plays with faults for a while; then all is healed, everybody reads everything, and all that happened is judged. */
export async function playAndJudge(options: TrialOptions, forMs: number): Promise<readonly Violation[]> {
  const { crew, nemesis, origin, rules } = options;
  crew.play();
  nemesis.start();
  await delay(systemClock, forMs);
  await nemesis.stop();
  await crew.ready();
  await endInAnOutage(options);
  crew.pause();
  const hung = await settle(options);
  await delay(systemClock, RECOVERY_MS);
  await repair(options);
  await delay(systemClock, rules.boundMs + POLL_MS);
  await lookUntilTiersAreUsed(crew);
  for (const instance of crew.all) instance.order({ do: 'read-all' });
  const mute = await settle(options);
  return [...judge(origin.history, rules), ...origin.refused, ...hung, ...mute, ...unread(options)];
}

/** The last changes are lost on their way to the nearest server, so that nothing but being told again makes up for them. */
async function endInAnOutage({ crew, servers }: TrialOptions): Promise<void> {
  const ways = servers[0]?.ways ?? [];
  for (const way of ways) way.hold('to-server');
  await delay(systemClock, OUTAGE_MS);
  for (const instance of crew.all) instance.order({ do: 'pause' });
  await delay(systemClock, LONGEST_DEADLINE_MS);
  for (const way of ways) way.cut();
}

/** Waits until all operations have ended; those that do not are violations. */
async function settle({ crew, nowMs }: TrialOptions): Promise<readonly Violation[]> {
  const found = await Promise.all(crew.all.map((instance) => openOf(instance)));
  return found.flat().map((message) => ({ rule: 'hung', key: '', atMs: nowMs(), message }));
}

async function openOf(instance: Instance): Promise<readonly string[]> {
  const { serial } = instance.part;
  let open: readonly string[] | undefined;
  for (let waitedMs = 0; waitedMs < LONGEST_CALL_MS; waitedMs += POLL_MS) {
    await delay(systemClock, POLL_MS);
    open = await instance.pause(LONGEST_CALL_MS);
    if (open?.length === 0) return [];
    if (open === undefined) break;
  }
  if (open === undefined) return [`instance ${serial} does not answer`];
  return open.map((what) => `instance ${serial}: ${what} never settled`);
}

/** A tier that failed is left out until a read has found it to be back: without that the last reads would ask the origin. */
async function lookUntilTiersAreUsed(crew: Crew): Promise<void> {
  for (let round = 0; round < LOOKS; round++) {
    for (const instance of crew.all) instance.order({ do: 'look' });
    await delay(systemClock, 2 * POLL_MS);
  }
}

/** Somebody invalidates what was changed by instances that died before they had invalidated it. */
async function repair(options: TrialOptions): Promise<void> {
  const keys = options.origin.takeOrphans();
  const [first] = options.crew.all;
  if (keys.length === 0 || first === undefined) return;
  first.order({ do: 'invalidate', keys });
  await settle(options);
}

/** Every instance must have read every key in the end. */
function unread({ crew, origin, nowMs }: TrialOptions): readonly Violation[] {
  const last = origin.history.reads.filter(({ isLast }) => isLast);
  return crew.all.flatMap(({ part: { serial } }) => {
    const count = new Set(last.filter(({ instance }) => instance === serial).map(({ key }) => key)).size;
    if (count === allKeys.length) return [];
    const message = `instance ${serial} read ${count} of ${allKeys.length} keys when all was quiet`;
    return [{ rule: 'diverged' as const, key: '', atMs: nowMs(), message }];
  });
}
