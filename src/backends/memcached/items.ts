import type { FailureNote, Lease } from '../fenced.ts';
import type { Reply } from './reply.ts';

/** Client flags of items that are no entries, such as no other client is likely to mark its values with. */
const LEASE_FLAG = 0xca_c4_e0_01;
const NOTE_FLAG = 0xca_c4_e0_02;
/** As flags of `ms`. */
export const AS_LEASE: string = ` F${LEASE_FLAG}`;
export const AS_NOTE: string = ` F${NOTE_FLAG}`;

export const NO_VALUE: Uint8Array = new Uint8Array(0);

export type ItemKind = 'none' | 'entry' | 'lease' | 'note';

/** What is under a key. The reply must be to `mg` with `f`, and with `v` or `s`. */
export function itemKind({ kind, clientFlags, turn, value, size }: Reply): ItemKind {
  if (kind === 'EN') return 'none';
  if (clientFlags === LEASE_FLAG) return 'lease';
  if (clientFlags === NOTE_FLAG) return 'note';
  // A stub that the server made (`N`) has no client flags, but somebody's turn to fill it; an empty value has no turns.
  return turn !== undefined && (value?.length ?? size) === 0 ? 'lease' : 'entry';
}

export function noteText({ message, forMs }: FailureNote): string {
  return `${Math.ceil(forMs)} ${message}`;
}

/** @param ttlSeconds of the note's item, which lasts longer than was asked for: no more than that is told */
export function failedLease(note: string, ttlSeconds: number | undefined): Lease {
  const space = note.indexOf(' ');
  const forMs = Math.min(Number(note.slice(0, space)), (ttlSeconds ?? 1) * 1000);
  return { state: 'failed', message: note.slice(space + 1), forMs };
}
