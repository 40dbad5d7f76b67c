import { act, type Acts, type LoadOrigin, written } from './driver.ts';
import { verify } from './verify.ts';
import type { ValueMaker } from '../../workload/values.ts';

/** No cache at all: every read is a query of the origin; writes have nothing to do. */
export function originActs(
  loadOrigin: LoadOrigin,
  values: ValueMaker,
  batchOf: (keyIndex: number) => readonly number[],
): Acts {
  const judge = (version: number, keyIndex: number): 'miss' => {
    verify(values.make(keyIndex, version), keyIndex);
    return 'miss';
  };
  const read = act(loadOrigin, judge);
  const write = act(() => Promise.resolve(), written);
  return {
    getOrLoad: read,
    get: read,
    multiGet: act(
      (keyIndex) => Promise.all(batchOf(keyIndex).map(loadOrigin)),
      () => 'miss',
    ),
    set: write,
    delete: write,
    touch: write,
    incr: write,
  };
}
