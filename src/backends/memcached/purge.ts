import type { Clock } from '../../base/clock.ts';
import type { Connection } from './connection.ts';
import { wireKey } from './keys.ts';
import { dumpKeys } from './metadump.ts';
import { QuietDeletes } from './replies.ts';

const KEYS_PER_BATCH = 1000;

/**
 * Deletes what begins with `prefix` on one server, and counts it. The whole list of keys is read before the first is
 * deleted: a dump that is not read on holds up a thread of the server. Entries stored meanwhile may stay.
 */
export async function deletePrefix(
  connection: Connection,
  prefix: Uint8Array,
  deadlineMs: number,
  clock: Clock,
): Promise<number> {
  const batches: { commands: string; count: number }[] = [];
  let commands: string[] = [];
  const spool = (): void => {
    if (commands.length > 0) batches.push({ commands: commands.join(''), count: commands.length });
    commands = [];
  };
  await dumpKeys(connection.address, prefix, { deadlineMs, clock }, (key) => {
    const { text, flag } = wireKey('memcached', key);
    commands.push(`md ${text} q${flag}\r\n`);
    if (commands.length === KEYS_PER_BATCH) spool();
  });
  spool();
  let deleted = 0;
  for (const batch of batches) {
    deleted += await connection.batch(
      (send) => send(`${batch.commands}mn\r\n`),
      new QuietDeletes(connection.server, batch.count),
    );
  }
  return deleted;
}
