import { systemClock } from '../src/base/clock.ts';
import type { Order } from '../src/bench/instances/protocol.ts';
import { Instance } from '../src/bench/instances/serve.ts';

/*
 * An application instance of a bench: started by the bench, does what it says, and ends with it. When the bench has
 * gone, however it went, the line to it breaks and there is nothing left to do.
 */
const instance = new Instance({
  host: {
    cachectlVersion: '',
    nodeVersion: process.version,
    readRssBytes: () => process.memoryUsage.rss(),
    readCpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    instanceProgram: '',
    instanceExecArgv: [],
  },
  clock: systemClock,
  tell: (told) => {
    if (process.connected) process.send?.(told);
  },
  end: () => process.exit(0),
});

process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => void instance.obey(order));
