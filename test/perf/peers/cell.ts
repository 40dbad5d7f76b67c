/*
 * One test of one library, in a process of its own, so that a crash or a hang is a finding and not the end of the
 * run. Arguments: library, number of the test, address and process id of a private Redis.
 */
import { Redis } from 'ioredis';
import { FAULTS, type Finding } from './faults.ts';
import { libraryOf } from './registry.ts';

const [, , name = '', number = '', url = '', pid = ''] = process.argv;
const library = libraryOf(name);
const redis = new Redis(url);
await redis.flushall();
const finding: Finding | undefined = await FAULTS[Number(number)]?.run({
  library,
  url,
  redis,
  server: {
    stop: () => void process.kill(Number(pid), 'SIGSTOP'),
    goOn: () => void process.kill(Number(pid), 'SIGCONT'),
  },
  open: (options) => library.open({ url, memoryEntries: 10_000, onlyTier: 'redis', ...options }),
});
process.send?.(finding ?? { found: 'no such test' }, () => process.exit());
