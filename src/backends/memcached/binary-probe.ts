import { connect } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { ServerAddress } from './address.ts';

/** A `version` request of the binary protocol: magic, opcode, and 22 bytes that say nothing. */
const VERSION_REQUEST: Buffer = Buffer.from([0x80, 0x0b, ...Array.from({ length: 22 }, () => 0)]);
const RESPONSE_MAGIC = 0x81;

/** Whether the server answers the binary protocol: one that closes on text and does so wants SASL. */
export function answersBinary(address: ServerAddress, timeoutMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address });
    const finish = (answer: boolean): void => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = clock.setTimer(() => finish(false), timeoutMs);
    socket.on('connect', () => socket.write(VERSION_REQUEST));
    socket.on('data', (reply) => finish(reply[0] === RESPONSE_MAGIC));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
  });
}
