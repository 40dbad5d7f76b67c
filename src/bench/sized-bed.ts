import type { Variant } from '../config/scenario.ts';
import type { Environment } from '../testbed/binaries.ts';
import type { Bed } from '../testbed/bed.ts';
import { startServer } from '../testbed/private-servers.ts';

/** A bed in which the server that a variant gives a size is a private one of that size. */
export interface SizedBed {
  readonly bed: Bed;
  close(): Promise<void>;
}

/**
 * Starts the server of the size that the variant says, in the place of that of the run: empty, and with nothing in it
 * that another size has left. A variant that gives none a size has the bed as it is.
 *
 * @throws CachectlError `SERVER_NOT_STARTED`
 */
export async function sizedBed(bed: Bed, variant: Variant, env: Environment): Promise<SizedBed> {
  const { maxMemoryBytes, tiers } = variant;
  const name = tiers.find((tier) => tier === 'redis' || tier === 'memcached');
  if (maxMemoryBytes === undefined || name === undefined) return { bed, close: async () => {} };
  const server = await startServer(name, env, maxMemoryBytes);
  let isLost = false;
  let isClosing = false;
  void server.ended.then(() => (isLost = !isClosing));
  const sized: Bed = {
    openSystem: (...wanted) => bed.openSystem(...wanted),
    origin: bed.origin,
    names: bed.names,
    target: { ...bed.target, [name]: server.url },
    get lostServer() {
      return isLost ? server.url : bed.lostServer;
    },
  };
  return {
    bed: sized,
    close: async () => {
      isClosing = true;
      await server.stop();
    },
  };
}
