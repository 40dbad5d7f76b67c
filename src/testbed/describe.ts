import { describeDatabase } from '../backends/database/open.ts';
import type { SqlDatabase } from '../backends/database/sql.ts';
import type { TierName } from '../config/scenario.ts';
import type { ServerRecord } from '../results/run-result.ts';
import { connectTier, type TierOptions } from './connect.ts';
import type { Service } from './target.ts';

export interface DescribedServer extends Omit<ServerRecord, 'private'> {
  readonly role: Service | 'origin';
}

/**
 * What answers behind each tier that the scenario's variants use; tiers in this process have no server.
 * @throws CachectlError when one cannot be reached or is not what it should be: before anything has been run
 */
export async function describeTiers(options: TierOptions): Promise<readonly DescribedServer[]> {
  const used = new Set(options.scenario.variants.flatMap(({ tiers }) => tiers));
  const services = [...used].filter(isService);
  const outcomes = await Promise.allSettled(services.map((service) => describeTier(service, options)));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function describeTier(role: Service, options: TierOptions): Promise<DescribedServer> {
  const { backend, clean } = await connectTier(role, options);
  try {
    return { role, address: backend.address, ...(await backend.describe()) };
  } finally {
    await clean();
    await backend.close();
  }
}

export async function describeOrigin(sql: SqlDatabase): Promise<DescribedServer> {
  return { role: 'origin', address: sql.address, ...(await describeDatabase(sql)) };
}

function isService(tier: TierName): tier is Service {
  return tier !== 'l1';
}
