import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AS_LEASE,
  AS_NOTE,
  failedLease,
  itemKind,
  noteText,
} from '../../../../src/backends/memcached/items.ts';
import { type Reply, ReplyParser } from '../../../../src/backends/memcached/reply.ts';

function replyOf(line: string): Reply {
  const replies: Reply[] = [];
  new ReplyParser((reply) => replies.push(reply)).push(Buffer.from(line));
  const [reply] = replies;
  if (reply === undefined) throw new Error('there was no reply');
  return reply;
}

const flagged = (flag: string): string => flag.replace(' F', 'f');

test.each([
  ['EN\r\n', 'none'],
  ['VA 0 f0 t30 W\r\n\r\n', 'lease'],
  ['VA 0 f0 t30 Z\r\n\r\n', 'lease'],
  ['HD f0 s0 Z\r\n', 'lease'],
  [`VA 0 ${flagged(AS_LEASE)}\r\n\r\n`, 'lease'],
  [`VA 3 ${flagged(AS_LEASE)}\r\n123\r\n`, 'lease'],
  [`VA 4 ${flagged(AS_NOTE)}\r\n1 no\r\n`, 'note'],
  ['VA 0 f0\r\n\r\n', 'entry'],
  ['HD f0 s0\r\n', 'entry'],
  ['HD f0 s1 Z\r\n', 'entry'],
  ['VA 1 f4294967295\r\nx\r\n', 'entry'],
  ['VA 1 f0 Z X\r\nx\r\n', 'entry'],
])('%j is: %s', (line, kind) => {
  expect(itemKind(replyOf(line))).toBe(kind);
});

test('a note comes back as it was, for no longer than was asked for or is left', () => {
  const note = fc.record({ message: fc.string({ unit: 'binary', maxLength: 200 }), forMs: fc.nat(90_000) });
  fc.assert(
    fc.property(note, fc.integer({ min: 1, max: 120 }), (failure, ttlSeconds) => {
      const message = failure.message.toWellFormed();
      const lease = failedLease(Buffer.from(noteText(failure)).toString(), ttlSeconds);
      expect(lease).toEqual({ state: 'failed', message, forMs: Math.min(failure.forMs, ttlSeconds * 1000) });
    }),
  );
});
