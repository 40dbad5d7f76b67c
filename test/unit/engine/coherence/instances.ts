import type { ManualClock } from '../../../../src/base/clock.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { openChannel } from '../../../../src/engine/coherence/bus-channel.ts';
import type { Channel, Tidings } from '../../../../src/engine/coherence/channel.ts';
import type { CoherenceLevel } from '../../../../src/engine/options.ts';
import type { BusEnd, FaultyBus } from './faulty-bus.ts';

export const BOUND_MS = 1000;

/** A channel, its end of the bus, and all that it told. */
export interface Instance {
  readonly name: string;
  readonly end: BusEnd;
  readonly channel: Channel;
  /** In the order told: `tidings a,b`, `gap why`, `proven`, `lost`, `server x`. */
  readonly told: string[];
}

export interface InstanceOptions {
  readonly level?: CoherenceLevel;
  readonly name?: string;
  readonly onTidings?: (tidings: Tidings) => void;
}

let seed = 0;

export function instanceOn(bus: FaultyBus, options: InstanceOptions = {}): Instance {
  const { level = 'bounded', name = `i${bus.ends.length + 1}`, onTidings } = options;
  const end = bus.end();
  const told: string[] = [];
  const channel = openChannel({
    bus: end,
    level,
    boundMs: BOUND_MS,
    instance: name,
    clock: bus.clock,
    random: seededRandom(++seed),
    listener: {
      onTidings: (tidings) => {
        told.push(`tidings ${tidings.all === true ? 'all' : [...tidings.keys, ...tidings.tags].join(',')}`);
        onTidings?.(tidings);
      },
      onServerChange: (keys) => told.push(`server ${keys?.join(',') ?? 'all'}`),
      onGap: (why) => told.push(`gap ${why}`),
      onState: (state) => told.push(state),
    },
  });
  return { name, end, channel, told };
}

/** Starts all, and waits until each knows the others. What they told until then is forgotten. */
export async function started(clock: ManualClock, ...instances: readonly Instance[]): Promise<void> {
  const starts = instances.map(({ channel }) => channel.start());
  await clock.advance(300);
  await Promise.all(starts);
  for (const { told } of instances) told.length = 0;
}

export const keys = (...names: readonly string[]): Tidings => ({ keys: names, tags: [], page: false });

/** What became of a promise so far, without waiting for it. */
export function outcomeOf(promise: Promise<unknown>): {
  state: 'pending' | 'resolved' | 'rejected';
  error?: unknown;
} {
  const outcome: ReturnType<typeof outcomeOf> = { state: 'pending' };
  promise.then(
    () => (outcome.state = 'resolved'),
    (error: unknown) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}
