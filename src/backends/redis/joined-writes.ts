import type { Socket } from 'node:net';

/**
 * Makes one system call of all that is written to `stream` within one run of microtasks. ioredis writes each
 * command by itself; with many calls in flight their replies arrive together, so the next commands leave
 * together as well.
 */
export function joinWrites(stream: Socket): void {
  const write = stream.write.bind(stream);
  let corked = false;
  const uncork = (): void => {
    corked = false;
    stream.uncork();
  };
  stream.write = ((...args: Parameters<typeof write>) => {
    if (!corked) {
      corked = true;
      stream.cork();
      queueMicrotask(uncork);
    }
    return write(...args);
  }) as Socket['write'];
}
