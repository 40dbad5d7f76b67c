import type { Connection } from './connection.ts';
import { noRoom, serverError } from './errors.ts';
import type { Reply } from './reply.ts';

/** What a lease rests on: numbers for a compare-and-swap, which the server raises with every change of an item. */
export interface FenceToken {
  /** Of what is under the key itself: a stub, or the entry that is being refreshed. */
  readonly cas: string;
  /** Of the record of a refresh; undefined when the lease is the stub. */
  readonly record: string | undefined;
}

/** Nineteen digits at most: a number that is none to the server would end the connection. */
const TOKEN = /^(?<cas>\d{1,19})(?:\.(?<record>\d{1,19}))?@(?<incarnation>\S+)$/;

/** @param incarnation of the server that gave the numbers: when restarted it counts from 1 again */
export function formatToken({ cas, record }: FenceToken, incarnation: string): string {
  return `${record === undefined ? cas : `${cas}.${record}`}@${incarnation}`;
}

/** Has a number that no item has. */
export const VOID: FenceToken = { cas: '18446744073709551615', record: undefined };

/**
 * {@link VOID} when the server was restarted since, or the token is none of ours. What is returned is to be sent before
 * the event loop goes on: a connection made later may lead to another incarnation.
 */
export function parseToken(token: string, connection: Connection): FenceToken {
  const { cas, record, incarnation } = TOKEN.exec(token)?.groups ?? {};
  return cas === undefined || incarnation !== connection.facts.incarnation ? VOID : { cas, record };
}

/** The number of an item as it is now, from a reply to a command with `c`, which is to find or make one. */
export function casOf(connection: Connection, { kind, cas, line }: Reply): string {
  if (kind === 'EN') throw noRoom(connection.server);
  if (cas === undefined || cas === '0')
    throw serverError(connection.server, line || `${kind} without a number`);
  return cas;
}
