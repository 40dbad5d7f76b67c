// Started by the tests of the supervisor as a process that ends in many ways. Arguments: the servers to start,
// separated by commas, and how to end. It prints one line of JSON when they run: their process ids and folders.

import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

const START = {
  redis: async () => {
    const { pid, url } = await startRedis(process.env);
    return { pid, dir: url.replace('redis+unix://', '').replace('/redis.sock', '') };
  },
  memcached: async () => {
    const { pid, url } = await startMemcached(process.env);
    return { pid, dir: url.replace('unix:', '').replace('/memcached.sock', '') };
  },
  directory: async () => {
    const { pid, dir } = await Supervised.start('directory');
    return { pid, dir };
  },
} as const;

const [servers = '', ending] = process.argv.slice(2);
const names = servers.split(',').filter((name): name is keyof typeof START => name in START);
const started = await Promise.all(names.map((name) => START[name]()));

process.stdout.write(`${JSON.stringify(started)}\n`, () => {
  if (ending === 'throw') throw new Error('planted');
  if (ending === 'exit') process.exit(3);
  if (ending === 'wait') setInterval(() => {}, 1000);
});
