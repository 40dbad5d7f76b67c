import { OPERATIONS, type Operation, type OperationShares } from '../operations.ts';

/**
 * What stands for each operation of the table. Reads are look-aside, as by the applications there: a miss is loaded
 * and filled. What makes or changes a value writes it whole: a conditional write (`add`, `cas`) whether or not its
 * condition holds, `prepend` and counters (`incr`) without reading the old value. `gets` is a read that asks for the version, too.
 */
const MEANT: Readonly<Record<string, Operation>> = {
  get: 'getOrLoad',
  gets: 'getOrLoad',
  set: 'set',
  add: 'set',
  cas: 'set',
  prepend: 'set',
  incr: 'set',
  delete: 'delete',
};

/**
 * The mix that operations of the table, by name and share, make here. Shares are stretched to 1 together: the table
 * leaves out what is under half a percent, and rounds.
 *
 * @throws Error for an operation that is not known, as the table is not a user's
 */
export function mixOf(shares: readonly (readonly [name: string, share: number])[]): OperationShares {
  const mix = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Record<Operation, number>;
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  for (const [name, share] of shares) {
    const operation = MEANT[name];
    if (operation === undefined) throw new Error(`no operation stands for '${name}'`);
    mix[operation] += share / sum;
  }
  return mix;
}
