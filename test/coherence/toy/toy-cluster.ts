import { FaultLine } from '../../../src/backends/fault-line.ts';
import type { OpenCluster } from '../sim/subject.ts';
import type { ToyBug } from './toy-bugs.ts';
import { ToyCache } from './toy-cache.ts';
import { ToyStore } from './toy-store.ts';

/** Toy caches over one toy store. */
export function toyCluster(...planted: readonly ToyBug[]): OpenCluster {
  const bugs = new Set(planted);
  return (options) => {
    const { clock, random, deadlineMs, throttleMs, lifetimeMs } = options;
    const boundMs = options.level === 'strict' ? 0 : options.boundMs;
    const store = new ToyStore(() => clock.nowMs(), bugs);
    const instances = Array.from({ length: options.instances }, (_, i) => {
      const line = new FaultLine('toy store', { clock, random: random.fork(`line ${i}`), deadlineMs });
      const cache = new ToyCache({ store, line, clock, boundMs, throttleMs, lifetimeMs, bugs });
      return { cache, lines: [line], bus: undefined };
    });
    return {
      instances,
      loadsPerInvalidation: 1,
      makesUp: false,
      isSettled: () => true,
      lose: (loss) => store.lose(loss.kind, 'key' in loss ? loss.key : ''),
    };
  };
}
