import type { Redis } from 'ioredis';
import { openHeldWay } from './hold.ts';
import type { Library, Load, Peer, PeerOptions } from './peer.ts';

/** What one test found of one library: a word for the table, and why where that needs saying. */
export interface Finding {
  readonly found: string;
  readonly why?: string;
}

export interface Scene {
  readonly library: Library;
  readonly url: string;
  /** A client of the test's own. */
  readonly redis: Redis;
  /** Stops the server's process, and lets it go on. */
  readonly server: { stop(): void; goOn(): void };
  readonly open: (options?: Partial<PeerOptions>) => Promise<Peer>;
}

export interface Fault {
  readonly title: string;
  run(scene: Scene): Promise<Finding>;
}

/** How long something that never ends is waited for. */
const PATIENCE_MS = 6000;
/** Until what goes on behind a call, or on its way to another instance, has surely arrived. */
const SETTLED_MS = 300;
/** Until a connection that was lost has surely been made again. */
const RECONNECTED_MS = 2500;
const CALLERS = 200;

const OLD = { version: 'old' };
const NEW = { version: 'new' };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const loadNew: Load = async () => NEW;

/** `stale` when any of the instances still answers with what was there before. */
async function judge(instances: readonly Peer[], key: string): Promise<Finding> {
  for (const instance of instances) {
    const value = (await instance.getOrLoad(key, loadNew)) as typeof OLD;
    if (value.version === OLD.version) return { found: 'stale' };
    if (value.version !== NEW.version) return { found: 'wrong', why: JSON.stringify(value) };
  }
  return { found: 'ok' };
}

/** A load that has read the old value and is not done before it is told to be. */
function slowLoad(): { readonly load: Load; readonly begun: Promise<void>; readonly end: () => void } {
  let begin: () => void = () => {};
  let end: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const load = async (): Promise<unknown> => {
    begin();
    await ended;
    return OLD;
  };
  return { load, begun, end };
}

async function bothHaveIt(one: Peer, other: Peer): Promise<void> {
  for (const peer of [one, other]) await peer.getOrLoad('key', async () => OLD);
  await pause(SETTLED_MS);
}

const deletedDuringLoad: Fault = {
  title: 'delete while a load is in flight, then read',
  run: async ({ open }) => {
    const [one, other] = [await open(), await open()];
    const { load, begun, end } = slowLoad();
    const reading = one.getOrLoad('key', load);
    await begun;
    const deleting = one.delete('key');
    await Promise.race([deleting, pause(SETTLED_MS)]);
    end();
    await Promise.all([reading, deleting]);
    await pause(SETTLED_MS);
    return judge([one, other], 'key');
  },
};

const tagInvalidatedDuringLoad: Fault = {
  title: 'tag invalidated while a load is in flight, then read',
  run: async ({ open }) => {
    const [one, other] = [await open(), await open()];
    if (one.tags === undefined || other.tags === undefined) return { found: '–', why: 'no tags' };
    const { load, begun, end } = slowLoad();
    const reading = one.tags.getOrLoad('key', 'tag', load);
    await begun;
    const invalidating = one.tags.invalidate('tag');
    await Promise.race([invalidating, pause(SETTLED_MS)]);
    end();
    await Promise.all([reading, invalidating]);
    await pause(SETTLED_MS);
    return judge([one, other], 'key');
  },
};

const fillAfterPeersDelete: Fault = {
  title: 'the fill of Redis is held up, another instance deletes, then read',
  run: async ({ open, url }) => {
    const way = await openHeldWay(url);
    try {
      const [filling, other] = [await open({ url: way.url }), await open()];
      await filling.getOrLoad('warm-up', loadNew);
      const reading = filling.getOrLoad('key', async () => {
        way.hold();
        return OLD;
      });
      await Promise.race([reading, pause(SETTLED_MS / 2)]);
      await other.delete('key');
      way.goOn();
      await reading;
      await pause(SETTLED_MS);
      return await judge([other, filling], 'key');
    } finally {
      way.close();
    }
  },
};

const peersDelete: Fault = {
  title: 'another instance deletes, read 0.3 s later',
  run: async ({ open }) => {
    const [reader, writer] = [await open(), await open()];
    await bothHaveIt(reader, writer);
    await writer.delete('key');
    await pause(SETTLED_MS);
    return judge([reader], 'key');
  },
};

const subscriberKilled: Fault = {
  title: 'subscriber connection killed, another instance deletes, read 2.5 s later',
  run: async ({ library, open, redis, url }) => {
    if (library.bus !== 'yes') return { found: '–', why: library.bus === 'none' ? 'no bus' : 'one tier' };
    const way = await openHeldWay(url);
    try {
      const [reader, writer] = [await open({ url: way.url }), await open()];
      await bothHaveIt(reader, writer);
      way.refuse();
      const killed = await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      if (killed === 0) return { found: '–', why: 'nobody subscribed' };
      await writer.delete('key');
      way.goOn();
      await pause(RECONNECTED_MS);
      return await judge([reader], 'key');
    } finally {
      way.close();
    }
  },
};

const failingLoader: Fault = {
  title: `${CALLERS} callers, failing loader of 10 ms: calls`,
  run: async ({ open }) => {
    const peer = await open();
    let [calls, running, most] = [0, 0, 0];
    const fail: Load = async () => {
      calls++;
      most = Math.max(most, ++running);
      await pause(10);
      running--;
      throw new Error('the origin is down');
    };
    const all = Array.from({ length: CALLERS }, () => peer.getOrLoad('key', fail).catch(() => {}));
    const isDone = await Promise.race([Promise.all(all).then(() => true), pause(PATIENCE_MS)]);
    const order = calls > 1 && most === 1 ? ', one after another' : '';
    return { found: `${isDone === true ? '' : '> '}${calls}${order}` };
  },
};

const redisStopped: Fault = {
  title: 'Redis stopped, one read that misses memory and loads at once',
  run: async ({ open, server }) => {
    const peer = await open();
    await peer.getOrLoad('warm-up', loadNew);
    server.stop();
    const start = performance.now();
    try {
      const done = await Promise.race([
        peer.getOrLoad('key', loadNew).then(
          () => 'answers',
          () => 'rejects',
        ),
        pause(PATIENCE_MS),
      ]);
      if (done === undefined) return { found: `hangs > ${PATIENCE_MS / 1000} s` };
      return { found: `${done} after ${((performance.now() - start) / 1000).toFixed(2)} s` };
    } finally {
      server.goOn();
    }
  },
};

/** In the order of the table. */
export const FAULTS: readonly Fault[] = [
  deletedDuringLoad,
  tagInvalidatedDuringLoad,
  fillAfterPeersDelete,
  peersDelete,
  subscriberKilled,
  failingLoader,
  redisStopped,
];
