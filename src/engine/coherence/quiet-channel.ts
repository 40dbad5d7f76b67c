import type { Bus } from '../../backends/bus.ts';
import type { Channel, Draft } from './channel.ts';

/** Takes every message and delivers none. */
const nowhere: Bus = {
  publish: async () => [],
  beat: async () => {},
  leave: async () => {},
  subscribe: async () => ({ unsubscribe: async () => {} }),
  close: async () => {},
};

const draft: Draft = {
  notice: { bus: nowhere, message: new Uint8Array() },
  published: async () => {},
  publish: async () => {},
  failed: () => {},
};

/** The channel of an instance that has no others to talk to: there is nothing to miss. */
export function openQuietChannel(): Channel {
  return {
    trust: { generation: 0, provenUntilMs: Infinity, boundMs: 0 },
    start: async () => {},
    draft: () => draft,
    close: async () => {},
  };
}
