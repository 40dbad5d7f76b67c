import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { openSqlDatabase } from '../backends/database/open.ts';
import type { SqlDatabase } from '../backends/database/sql.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import type { TierFailure } from '../engine/index.ts';
import type { ServerRecord } from '../results/run-result.ts';
import type { Environment } from './binaries.ts';
import type { Bed } from './bed.ts';
import { cleanTier } from './connect.ts';
import { Faults } from './faults/faults.ts';
import { Origin, originOptions } from './origin.ts';
import { type PrivateServers, startMissing } from './private-servers.ts';
import { describeOrigin, describeTiers } from './describe.ts';
import type { RunNames } from './names.ts';
import { openSystem, type System } from './system.ts';
import type { Target } from './target.ts';

export interface TestbedOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default: this run is alone, with names of its own. */
  readonly party?: Party;
  /** How a private memcached is reached: memjs knows no unix sockets. Default `socket`. */
  readonly memcachedBy?: 'socket' | 'tcp';
}

/** Runs on several machines that share the given servers and the names on them. */
export interface Party {
  /** The same on all machines: letters and digits. */
  readonly id: string;
  /** Creates what is shared, and takes it away in the end; the others wait for it. */
  readonly isOwner: boolean;
}

interface TestbedParts {
  readonly servers: PrivateServers;
  readonly records: readonly ServerRecord[];
  readonly sql: SqlDatabase;
  readonly origin: Origin;
  readonly names: RunNames;
}

/** The servers and the origin of a run. It touches nothing outside its own names, and takes those away. */
export class Testbed implements Bed {
  readonly #options: TestbedOptions;
  readonly #parts: TestbedParts;
  readonly faults: Faults;

  private constructor(options: TestbedOptions, parts: TestbedParts) {
    this.#options = options;
    this.#parts = parts;
    this.faults = new Faults(
      parts.servers,
      options.clock,
      seededRandom(options.scenario.seed).fork('faults'),
    );
  }

  /**
   * Starts what is missing, connects, and fills the origin. Nothing is left when it fails.
   * @throws CachectlError `SERVER_NOT_STARTED`, `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`
   */
  static async open(options: TestbedOptions): Promise<Testbed> {
    const { scenario, target, env, clock } = options;
    const runId = options.party?.id ?? randomBytes(4).toString('hex');
    const servers = await startMissing(scenario, target, env, options.memcachedBy);
    const names: RunNames = { prefix: `cachectl-${runId}`, table: `cachectl_${runId}` };
    const { database, ...limits } = servers.target;
    try {
      const tiers = await describeTiers({ scenario, target: servers.target, names, clock });
      const sql = await openSqlDatabase({ ...limits, url: database ?? '', durable: false, clock });
      try {
        const records = [...tiers, await describeOrigin(sql)].map((record) => ({
          ...record,
          private: servers.has(record.role === 'origin' ? 'database' : record.role),
        }));
        const origin = await openOrigin(options, servers, names, sql);
        return new Testbed(options, { servers, records, sql, origin, names });
      } catch (error) {
        await sql.close();
        throw error;
      }
    } catch (error) {
      await servers.stop();
      throw error;
    }
  }

  openSystem(variant: Variant, onTierError: (failure: TierFailure) => void): Promise<System> {
    return openSystem({
      scenario: this.#options.scenario,
      variant,
      target: this.target,
      names: this.#parts.names,
      onTierError,
      clock: this.#options.clock,
    });
  }

  /** Deletes what a variant has written, and names the tiers where something is left. */
  async clean(variant: Variant): Promise<readonly string[]> {
    const { scenario, clock, party } = this.#options;
    if (party?.isOwner === false) return [];
    const shared = variant.tiers.filter((name) => name !== 'l1');
    const left = await Promise.all(
      shared.map((name) =>
        cleanTier(name, { scenario, variant, target: this.target, names: this.names, clock }),
      ),
    );
    return left.flat();
  }

  get origin(): Origin {
    return this.#parts.origin;
  }

  get names(): RunNames {
    return this.#parts.names;
  }

  get target(): Target {
    return this.#parts.servers.target;
  }

  /** What answers at them. */
  get servers(): readonly ServerRecord[] {
    return this.#parts.records;
  }

  get lostServer(): string | undefined {
    return this.#parts.servers.lost;
  }

  /** Takes the origin away, closes, and stops what was started. */
  async close(): Promise<void> {
    const { servers, sql, origin } = this.#parts;
    try {
      if (!servers.has('database') && this.#options.party?.isOwner !== false) await origin.drop();
    } finally {
      await sql.close();
      await servers.stop();
    }
  }
}

/** A given database is shared by the party; a private one is this machine's alone. */
function openOrigin(
  { scenario, clock, signal, party }: TestbedOptions,
  servers: PrivateServers,
  names: RunNames,
  sql: SqlDatabase,
): Promise<Origin> {
  const origin = originOptions(names, scenario);
  if (party === undefined || party.isOwner || servers.has('database')) {
    return Origin.create(sql, origin, clock, signal);
  }
  return Origin.find(sql, origin, clock, signal);
}
