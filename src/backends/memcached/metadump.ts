import { connect } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { CachectlError, messageOf } from '../../base/errors.ts';
import { formatServer, type ServerAddress } from './address.ts';
import { deadlineExceeded, unreachable } from './errors.ts';

/** The crawler does one dump at a time; another's is waited for this long. */
const BUSY_PATIENCE_MS = 5000;
const BUSY_PAUSE_MS = 100;
const KEY_FIELD = 'key=';

const noTimer: CancelTimer = () => {};

export interface DumpSettings {
  /** Bound on the wait for each next piece of the list, in milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/**
 * Calls `onKey` with the bytes of every key on the server that begins with `prefix`, as `lru_crawler metadump hash`
 * lists them, over a connection of its own. `onKey` must be quick: the server waits while it runs.
 * @throws CachectlError `NOT_SUPPORTED` when the server forbids dumps, `SERVER_ERROR` when another dump goes on
 */
export async function dumpKeys(
  address: ServerAddress,
  prefix: Uint8Array,
  settings: DumpSettings,
  onKey: (key: Uint8Array) => void,
): Promise<void> {
  const { clock } = settings;
  const server = formatServer(address);
  const start = KEY_FIELD + uriEncoded(prefix);
  const onLine = (line: string): void => {
    if (line.startsWith(start)) onKey(uriDecoded(line.slice(KEY_FIELD.length, line.indexOf(' '))));
  };
  const patienceEnd = clock.nowMs() + BUSY_PATIENCE_MS;
  for (;;) {
    const last = await readDump(address, settings, onLine);
    if (last === 'END') return;
    if (!last.startsWith('BUSY')) throw notAllowed(server, last);
    if (clock.nowMs() > patienceEnd) {
      throw new CachectlError(
        'SERVER_ERROR',
        `memcached at ${server} is busy with another list of its keys`,
        {
          hint: 'try again when that has ended',
        },
      );
    }
    await delay(clock, BUSY_PAUSE_MS);
  }
}

/** Asks for one dump, gives each key's line to `onLine`, and resolves to the line that ended it. */
function readDump(
  address: ServerAddress,
  settings: DumpSettings,
  onLine: (line: string) => void,
): Promise<string> {
  const { clock, deadlineMs } = settings;
  const server = formatServer(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address });
    const fail = (error: Error): void => {
      cancel();
      socket.destroy();
      reject(error);
    };
    let cancel: CancelTimer = noTimer;
    const waitForMore = (): void => {
      cancel();
      cancel = clock.setTimer(() => fail(deadlineExceeded(server, deadlineMs)), deadlineMs);
    };
    waitForMore();
    let rest = '';
    socket.on('data', (chunk) => {
      waitForMore();
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith(KEY_FIELD)) {
          onLine(line);
          continue;
        }
        cancel();
        socket.destroy();
        resolve(line.trimEnd());
        return;
      }
    });
    socket.on('connect', () => socket.write('lru_crawler metadump hash\r\n'));
    socket.on('error', (error) => fail(unreachable(server, `cannot be reached: ${messageOf(error)}`, error)));
    socket.on('close', () => fail(unreachable(server, 'closed the connection in the list of its keys')));
  });
}

function notAllowed(server: string, line: string): CachectlError {
  return new CachectlError('NOT_SUPPORTED', `memcached at ${server} does not list its keys: ${line}`, {
    hint: 'start it without -X and with lru_crawler, version 1.6 or later',
  });
}

/** As the server writes keys: every byte but letters, digits and `-._~` becomes `%XX`. */
function uriEncoded(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function uriDecoded(text: string): Uint8Array {
  const decoded = text.replace(/%([0-9A-F]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}
