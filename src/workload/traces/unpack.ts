import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';

const CHUNK_BYTES = 256 * 1024;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** The bytes of a file, unpacked when it is of gzip or Zstandard, which its first bytes tell. */
export async function openUnpacked(path: string): Promise<Readable> {
  const magic = await firstBytes(path, ZSTD.length);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (beginsWith(magic, GZIP)) return pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), ignoreEnd);
  if (beginsWith(magic, ZSTD)) return pipeline(file, unzstd(), ignoreEnd);
  return file;
}

/** An error is what the reader of the last stream gets. */
const ignoreEnd = (): void => {};

/** In JavaScript: Node's own comes with 22.15. It does not compare checksums: damaged bytes may pass as others. */
function unzstd(): Transform {
  const decompress = new Decompress((part) => void stream.push(Buffer.from(part)));
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      settle(() => decompress.push(chunk), done);
    },
    flush(done) {
      settle(() => decompress.push(new Uint8Array(0), true), done);
    },
  });
  return stream;
}

function settle(work: () => void, done: (error?: Error) => void): void {
  try {
    work();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done();
}

async function firstBytes(path: string, count: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
