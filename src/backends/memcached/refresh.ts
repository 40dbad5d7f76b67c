import type { FailureNote, Lease } from '../fenced.ts';
import type { Command } from './batch.ts';
import type { Connection } from './connection.ts';
import { leaseExpiry } from './expiry.ts';
import { casOf, type FenceToken, formatToken } from './fence-token.ts';
import { AS_LEASE, failedLease, itemKind, noteText } from './items.ts';
import { derivedKey, type WireKey, wireKey } from './keys.ts';
import type { Reply } from './reply.ts';

/*
 * A lease on a key that has an entry. The entry cannot carry it, so it is a record beside it, on the same server,
 * that names the entry by its number. Whatever changes the entry gives it another number: then the record is about
 * nothing that exists, and whoever comes next takes it over. What keeps a late fill out is the entry's own number;
 * the record says who is to fill, and until when. After a failure it keeps the note of that.
 * When the entry expires, lease and note end with it: a read of the key is then granted a lease of its own.
 */

export function recordKey(key: string): WireKey {
  return wireKey('memcached', derivedKey('~refresh:', key));
}

/** The lease on the key. One round trip where somebody has it or there is no entry, else two. */
export async function electRefresher(connection: Connection, key: string, leaseMs: number): Promise<Lease> {
  const { text, flag } = wireKey('memcached', key);
  const record = recordKey(key);
  const { incarnation } = connection.facts;
  const [item, known] = await Promise.all([
    connection.request(
      `mg ${text} N${leaseExpiry(leaseMs)} c f s${flag}\r\n`,
      undefined,
      connection.read.item,
    ),
    connection.request(`mg ${record.text} c t v${record.flag}\r\n`, undefined, connection.read.item),
  ]);
  const cas = casOf(connection, item);
  if (item.turn === 'won')
    return { state: 'granted', token: formatToken({ cas, record: undefined }, incarnation) };
  const kind = itemKind(item);
  if (kind === 'note') return noteUnder(connection, key);
  if (kind === 'lease') return { state: 'held' };
  const { about, note } = readRecord(known);
  if (about === cas) return note === undefined ? { state: 'held' } : failedLease(note, known.ttlSeconds);
  const condition = known.kind === 'EN' ? ' ME' : ` C${casOf(connection, known)}`;
  const { line, value } = recordCommand(key, condition, leaseMs, cas);
  const mine = await connection.request(line, value, (reply) =>
    connection.read.done(reply) ? casOf(connection, reply) : undefined,
  );
  return mine === undefined
    ? { state: 'held' }
    : { state: 'granted', token: formatToken({ cas, record: mine }, incarnation) };
}

/** The new token when lease and entry are both still what they were. */
export async function renewRefresh(
  connection: Connection,
  key: string,
  token: FenceToken & { readonly record: string },
  leaseMs: number,
): Promise<string | undefined> {
  const { text, flag } = wireKey('memcached', key);
  const { incarnation } = connection.facts;
  const { line, value } = recordCommand(key, ` C${token.record}`, leaseMs, token.cas);
  const [record, entry] = await Promise.all([
    connection.request(line, value, (reply) =>
      connection.read.done(reply) ? casOf(connection, reply) : undefined,
    ),
    connection.request(`mg ${text} c${flag}\r\n`, undefined, connection.read.item),
  ]);
  if (record === undefined || entry.cas !== token.cas) return undefined;
  return formatToken({ cas: token.cas, record }, incarnation);
}

/** Gives the lease up; with `failure`, the record becomes the note of it. */
export function endRefresh(key: string, { cas, record }: FenceToken, failure?: FailureNote): Command {
  const { text, flag } = recordKey(key);
  return failure === undefined
    ? { line: `md ${text} C${record}${flag}\r\n` }
    : recordCommand(key, ` C${record}`, failure.forMs, `${cas} ${noteText(failure)}`);
}

function recordCommand(key: string, condition: string, forMs: number, content: string): Command {
  const { text, flag } = recordKey(key);
  const value = Buffer.from(content);
  const line = `ms ${text} ${value.length}${condition} T${leaseExpiry(forMs)}${AS_LEASE} c${flag}\r\n`;
  return { line, value };
}

/** The number of the entry that the record is about, and the note of failure that may follow it. */
function readRecord({ value }: Reply): { about: string | undefined; note: string | undefined } {
  const [, about, note] = /^(\d+)(?: (.*))?$/s.exec(value?.toString() ?? '') ?? [];
  return { about, note };
}

async function noteUnder(connection: Connection, key: string): Promise<Lease> {
  const { text, flag } = wireKey('memcached', key);
  const item = await connection.request(`mg ${text} f t v${flag}\r\n`, undefined, connection.read.item);
  return itemKind(item) === 'note'
    ? failedLease(item.value?.toString() ?? '', item.ttlSeconds)
    : { state: 'held' };
}
