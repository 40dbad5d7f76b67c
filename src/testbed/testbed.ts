import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { redact } from '../base/redact.ts';
import { openSqlDatabase } from '../backends/database/open.ts';
import type { SqlDatabase } from '../backends/database/sql.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import type { TierFailure } from '../engine/index.ts';
import type { ServerRecord } from '../results/run-result.ts';
import type { Environment } from './binaries.ts';
import { Origin } from './origin.ts';
import { type PrivateServers, startMissing } from './private-servers.ts';
import { openSystem, type System } from './system.ts';
import type { Service, Target } from './target.ts';

export interface TestbedOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The servers and the origin of a run. It touches nothing outside its own names, and takes those away. */
export class Testbed {
  readonly origin: Origin;
  readonly target: Target;
  readonly #options: TestbedOptions;
  readonly #servers: PrivateServers;
  readonly #sql: SqlDatabase;
  readonly #runId: string;
  #lost: string | undefined;
  #closing = false;

  private constructor(
    options: TestbedOptions,
    servers: PrivateServers,
    sql: SqlDatabase,
    origin: Origin,
    runId: string,
  ) {
    this.#options = options;
    this.#servers = servers;
    this.#sql = sql;
    this.#runId = runId;
    this.origin = origin;
    this.target = servers.target;
    for (const server of servers.servers) {
      void server.ended.then(() => {
        if (!this.#closing) this.#lost ??= server.url;
      });
    }
  }

  /**
   * Starts what is missing, connects, and fills the origin. Nothing is left when it fails.
   * @throws CachectlError `SERVER_NOT_STARTED`, `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`
   */
  static async open(options: TestbedOptions): Promise<Testbed> {
    const { scenario, target, env, clock, signal } = options;
    const runId = randomBytes(4).toString('hex');
    const servers = await startMissing(scenario, target, env);
    const { database, ...limits } = servers.target;
    try {
      const sql = await openSqlDatabase({ ...limits, url: database ?? '', durable: false, clock });
      try {
        const table = `cachectl_origin_${runId}`;
        const { keys } = scenario.keyspace;
        const origin = await Origin.create(sql, { table, keys, ...scenario.origin }, clock, signal);
        return new Testbed(options, servers, sql, origin, runId);
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
      namespace: `cachectl-${this.#runId}-${variant.id}`,
      table: `cachectl_${this.#runId}`,
      onTierError,
      clock: this.#options.clock,
    });
  }

  /** Address of a private server that ended by itself; undefined while all live. */
  get lostServer(): string | undefined {
    return this.#lost;
  }

  isPrivate(server: Service): boolean {
    return this.#servers.started.has(server);
  }

  async describeOrigin(): Promise<ServerRecord> {
    const { product } = this.#sql;
    const [row] = await this.#sql.query(
      product === 'sqlite' ? 'SELECT sqlite_version() AS version' : 'SHOW server_version',
    );
    const version = String(row?.['version'] ?? row?.['server_version'] ?? '');
    return {
      role: 'origin',
      product,
      version,
      address: redact(this.#sql.address),
      private: this.isPrivate('database'),
      settings: {},
    };
  }

  /** Takes the origin away, closes, and stops what was started. */
  async close(): Promise<void> {
    this.#closing = true;
    try {
      if (!this.isPrivate('database')) await this.origin.drop();
    } finally {
      await this.#sql.close();
      await this.#servers.stop();
    }
  }
}
