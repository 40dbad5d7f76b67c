// Started by the tests of write-behind as a process that is killed. Arguments: what to do, and the URL of Redis. It prints
// a line for each write: its number once it is in the queue (`queue`), or its key and number as it is applied (`apply`).

import { openRedis } from '../../src/backends/redis/open.ts';
import { queueWrites } from '../../src/engine/queued-writes.ts';
import { startWriteBehind } from '../../src/engine/write-behind.ts';

export const QUEUE = 'writes';
export const KEYS = 7;

if (process.argv[1] === import.meta.filename) {
  const [action, url = ''] = process.argv.slice(2);
  const { openQueue } = await openRedis({ url, deadlineMs: 5000 });
  if (openQueue === undefined) throw new Error('redis has queues');
  const queue = openQueue(QUEUE);

  if (action === 'queue') {
    for (let i = 0; ; i += 3) {
      const numbers = [i, i + 1, i + 2];
      const writes = numbers.map((number) => ({ key: `k${number % KEYS}`, value: number }));
      const queued = queueWrites(queue, writes).then(() => process.stdout.write(`${numbers.join('\n')}\n`));
      if (i % 30 === 0) await queued;
    }
  }

  if (action === 'apply') {
    startWriteBehind<number>({
      queue,
      batch: 50,
      apply: async (writes) => {
        // nearly all of its time it is here: it is killed with writes that it took and has not applied
        await new Promise((resolve) => setTimeout(resolve, 20));
        process.stdout.write(writes.map(({ key, value }) => `${key} ${value}\n`).join(''));
      },
      onPoison: () => {},
    });
  }
}
