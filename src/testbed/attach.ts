import type { Clock } from '../base/clock.ts';
import { openSqlDatabase } from '../backends/database/open.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Bed } from './bed.ts';
import type { RunNames } from './names.ts';
import { Origin, originOptions } from './origin.ts';
import { openSystem } from './system.ts';
import type { Target } from './target.ts';

export interface AttachOptions {
  readonly scenario: Scenario;
  /** Complete: the servers of the bed that another process has opened. */
  readonly target: Target;
  readonly names: RunNames;
  readonly clock: Clock;
}

/** The part of a process in a bed that another one has opened, and closes. */
export interface AttachedBed extends Bed {
  close(): Promise<void>;
}

/**
 * Connects to the servers and the origin of a bed.
 * @throws CachectlError `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`
 */
export async function attach(options: AttachOptions): Promise<AttachedBed> {
  const { scenario, target, names, clock } = options;
  const { database, ...limits } = target;
  const sql = await openSqlDatabase({ ...limits, url: database ?? '', durable: false, clock });
  return {
    openSystem: (variant, onTierError) => openSystem({ ...options, variant, onTierError }),
    origin: new Origin(sql, originOptions(names, scenario), clock),
    target,
    names,
    lostServer: undefined,
    close: () => sql.close(),
  };
}
