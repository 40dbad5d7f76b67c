import type { ServerRecord } from '../results/run-result.ts';
import type { System } from '../testbed/system.ts';
import type { Testbed } from '../testbed/testbed.ts';

/** What answers behind the tiers of a system; tiers in this process have no server. */
export async function describeServers(
  system: System | undefined,
  testbed: Testbed,
): Promise<readonly ServerRecord[]> {
  const backends = [...(system?.backends ?? [])];
  const records = await Promise.all(
    backends.map(async ([role, backend]): Promise<readonly ServerRecord[]> => {
      if (role === 'l1') return [];
      const description = await backend.describe();
      return [{ role, ...description, address: backend.address, private: testbed.isPrivate(role) }];
    }),
  );
  return records.flat();
}
