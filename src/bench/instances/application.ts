import type { Clock } from '../../base/clock.ts';
import type { Bed } from '../../testbed/bed.ts';
import type { Host } from '../host.ts';
import type { OnProgress } from '../plan.ts';
import type { Subject } from '../subject.ts';
import type { InstanceSpec } from './protocol.ts';

/** An application server as a scenario sees it: an engine with memory of its own, in a process of its own. */
export interface Application {
  readonly spec: InstanceSpec;
  readonly bed: Bed;
  readonly subject: Subject;
  readonly host: Host;
  readonly clock: Clock;
  /** Aborts when what goes on is to end early. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Work that a parent gives to instances. Both sides import it: the parent names it, the instance runs it. Params and
 * result are plain data.
 */
export interface Task<Params, Result> {
  readonly name: string;
  readonly run: (application: Application, params: Params) => Promise<Result>;
}
