/* One of the processes of a stampede. Its argument is the address of Redis; it does what its parent says. */
import type { Peer } from './peer.ts';
import { libraryOf } from './registry.ts';

export type Crowd =
  | { readonly do: 'open'; readonly library: string }
  | { readonly do: 'read'; readonly key: string; readonly callers: number; readonly loadMs: number }
  | { readonly do: 'close' };

export interface CrowdDone {
  readonly loads: number;
  readonly answers: number;
}

const [, , url = ''] = process.argv;
let name = '';
let peer: Peer | undefined;

async function obey(order: Crowd): Promise<CrowdDone> {
  if (order.do === 'open') {
    name = order.library;
    peer = await libraryOf(name).open({ url, memoryEntries: 1000, onlyTier: 'redis' });
    await peer.getOrLoad(`${name}:warm-up:${process.pid}`, async () => true);
  }
  if (order.do === 'close') await peer?.close();
  return order.do === 'read' ? read(order) : { loads: 0, answers: 0 };
}

async function read({ key, callers, loadMs }: Extract<Crowd, { do: 'read' }>): Promise<CrowdDone> {
  let [loads, answers] = [0, 0];
  const load = async (): Promise<unknown> => {
    loads++;
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    return { loaded: true };
  };
  const one = async (): Promise<void> => {
    const value = (await peer?.getOrLoad(`${name}:${key}`, load)) as { loaded: boolean };
    if (value.loaded) answers++;
  };
  await Promise.all(Array.from({ length: callers }, one));
  return { loads, answers };
}

async function answer(order: Crowd): Promise<void> {
  const done = await obey(order);
  process.send?.(done);
}

process.on('message', (order: Crowd) => void answer(order));
process.on('disconnect', () => process.exit());
process.send?.({ loads: 0, answers: 0 });
