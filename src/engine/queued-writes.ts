import { CachectlError } from '../base/errors.ts';
import type { Queue, QueueMessage } from '../backends/queue.ts';
import { type Codec, jsonCodec } from './codec.ts';
import { type Key, keyString } from './keys.ts';

/*
 * A write as it is queued: 0xCB, the codec's id (0: the value is bytes), the length of the key in bytes (32 bits, big
 * endian), the key in UTF-8, the value as the codec makes it.
 */
const MAGIC = 0xcb;
const HEADER_BYTES = 6;
const BYTES_CODEC = 0;

/** A write that is to be queued. */
export interface NewWrite {
  readonly key: Key;
  readonly value: unknown;
}

/** A write on its way to the database. */
export interface QueuedWrite<T = unknown> {
  /** Parts joined. */
  readonly key: string;
  readonly value: T;
  /** The same whenever this write is handed out, and no other's. */
  readonly id: string;
  /** Higher than that of every write that was queued before; fits a signed 64-bit integer. */
  readonly sequence: bigint;
  /** How often the queue handed it out: above 1, it may have been applied already. */
  readonly deliveries: number;
  /** This write or a newer one of its key is known to be applied already. */
  readonly superseded: boolean;
}

/**
 * Queues writes for {@link startWriteBehind}; they stay in order. When it resolved they are in the queue.
 * As what {@link Cache.write} saves: `cache.write(key, value, () => queueWrites(queue, [{ key, value }]))`.
 *
 * @throws CachectlError `BAD_USAGE` when the codec cannot hold a value; or as the queue does
 */
export async function queueWrites(
  queue: Queue,
  writes: readonly NewWrite[],
  codec: Codec = jsonCodec,
): Promise<void> {
  await queue.append(writes.map(({ key, value }) => encodeWrite(codec, keyString(key), value)));
}

export function encodeWrite(codec: Codec, key: string, value: unknown): Uint8Array {
  const name = Buffer.from(key, 'utf8');
  const headroom = HEADER_BYTES + name.length;
  const bytes = Buffer.from(
    value instanceof Uint8Array ? plain(value, headroom) : encoded(codec, value, headroom),
  );
  bytes[0] = MAGIC;
  bytes[1] = value instanceof Uint8Array ? BYTES_CODEC : codec.id;
  bytes.writeUInt32BE(name.length, 2);
  bytes.set(name, HEADER_BYTES);
  return bytes;
}

/** @throws CachectlError `CORRUPT_ENTRY` */
export function decodeWrite(codec: Codec, { id, body }: QueueMessage): NewWrite & { readonly key: string } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const start = bytes.length < HEADER_BYTES ? Infinity : HEADER_BYTES + bytes.readUInt32BE(2);
  if (bytes[0] !== MAGIC || start > bytes.length) throw corrupt(id, 'it was not written by this engine');
  const key = bytes.toString('utf8', HEADER_BYTES, start);
  if (bytes[1] === BYTES_CODEC) return { key, value: bytes.subarray(start) };
  if (bytes[1] !== codec.id) {
    throw corrupt(id, `the value of '${key}' has format ${bytes[1]}, not ${codec.name} (${codec.id})`);
  }
  try {
    return { key, value: codec.decode(bytes.subarray(start)) };
  } catch (cause) {
    throw corrupt(id, `the value of '${key}' is not valid ${codec.name}`, cause);
  }
}

function encoded(codec: Codec, value: unknown, headroom: number): Uint8Array {
  try {
    return codec.encode(value, headroom);
  } catch (cause) {
    throw new CachectlError('BAD_USAGE', `the value cannot be queued as ${codec.name}: ${String(cause)}`, {
      cause,
    });
  }
}

function plain(value: Uint8Array, headroom: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(headroom + value.length);
  bytes.set(value, headroom);
  return bytes;
}

function corrupt(id: string, why: string, cause?: unknown): CachectlError {
  return new CachectlError('CORRUPT_ENTRY', `the queued write ${id} cannot be used: ${why}`, { cause });
}
