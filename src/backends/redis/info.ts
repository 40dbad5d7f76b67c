import { isCachectlError } from '../../base/errors.ts';
import type { ServerDescription } from '../backend.ts';
import type { RedisConnection } from './connection.ts';

/** The fields of one section of INFO; none when the user may not ask. */
export async function readInfo(
  connection: RedisConnection,
  section: string,
): Promise<Record<string, string>> {
  const reply = await unlessForbidden(connection.send('info', [section]));
  const fields: Record<string, string> = {};
  for (const line of String(reply ?? '').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1);
  }
  return fields;
}

/** The reply; undefined when the user may not use the command, as managed servers forbid some. */
export async function unlessForbidden<Reply>(reply: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (isCachectlError(error, 'AUTH_FAILED')) return undefined;
    throw error;
  }
}

/** Product, version and memory policy, from INFO alone: managed services forbid CONFIG. */
export async function describeServer(connection: RedisConnection): Promise<ServerDescription> {
  const [server, memory] = await Promise.all([
    readInfo(connection, 'server'),
    readInfo(connection, 'memory'),
  ]);
  const isValkey = server['valkey_version'] !== undefined;
  const settings = {
    mode: server['redis_mode'] ?? server['server_mode'],
    maxmemory: memory['maxmemory'],
    'maxmemory-policy': memory['maxmemory_policy'],
  };
  return {
    product: isValkey ? 'valkey' : 'redis',
    version: server['valkey_version'] ?? server['redis_version'] ?? '',
    settings: Object.fromEntries(
      Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}
