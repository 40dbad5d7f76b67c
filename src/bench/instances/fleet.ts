import { CachectlError } from '../../base/errors.ts';
import type { Target } from '../../testbed/target.ts';
import type { Progress, VariantRun } from '../plan.ts';
import { subshare, WHOLE } from '../share.ts';
import type { Task } from './application.ts';
import type { InstanceSpec } from './protocol.ts';
import { RemoteInstance } from './remote.ts';

/** An instance that ended though nobody asked it to. */
export interface Loss {
  readonly index: number;
  readonly message: string;
}

/** The application instances of a variant, as child processes: started together, ended together. */
export class Fleet {
  readonly #run: VariantRun;
  readonly #target: Target;
  readonly #instances: RemoteInstance[];

  private constructor(run: VariantRun, target: Target, instances: RemoteInstance[]) {
    this.#run = run;
    this.#target = target;
    this.#instances = instances;
  }

  /**
   * Starts the scenario's instances; each has connected to its tiers, by the addresses of `target`, when this
   * resolves. None is left when it rejects.
   * @throws CachectlError as connecting does, or `INSTANCE_LOST`
   */
  static async open(run: VariantRun, target: Target = run.bed.target): Promise<Fleet> {
    const count = run.scenario.instances;
    const instances = Array.from({ length: count }, (_, index) => start(run, target, index));
    const outcomes = await Promise.allSettled(instances.map((instance) => instance.opened));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const fleet = new Fleet(run, target, instances);
    if (failed === undefined) return fleet;
    await fleet.close();
    throw failed.reason;
  }

  get size(): number {
    return this.#instances.length;
  }

  /** Instances that ended by themselves, or were killed from outside, so far. */
  get losses(): readonly Loss[] {
    return this.#instances.flatMap(({ index, loss }) =>
      loss === undefined ? [] : [{ index, message: loss }],
    );
  }

  /** One instance does the task. @throws CachectlError as the task does, or `INSTANCE_LOST` */
  async one<Params, Result>(index: number, task: Task<Params, Result>, params: Params): Promise<Result> {
    const instance = this.#instances[index];
    if (instance === undefined) throw new CachectlError('UNEXPECTED', `there is no instance ${index}`);
    return instance.perform(task, params);
  }

  /**
   * All instances that live do the task side by side. Gives the results of those that ended it, by instance; the dead
   * are in {@link losses}.
   * @throws CachectlError as the task does; `INSTANCE_LOST` when none is left
   */
  async all<Params, Result>(
    task: Task<Params, Result>,
    paramsOf: (index: number) => Params,
  ): Promise<readonly [Result, ...Result[]]> {
    const living = this.#instances.filter(({ loss }) => loss === undefined);
    const outcomes = await Promise.allSettled(
      living.map((instance) => instance.perform(task, paramsOf(instance.index))),
    );
    const failed = outcomes.find(
      (outcome, i) => outcome.status === 'rejected' && living[i]?.loss === undefined,
    );
    if (failed?.status === 'rejected') throw failed.reason;
    const [first, ...others] = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    if (first !== undefined) return [first, ...others];
    throw new CachectlError('INSTANCE_LOST', `all ${this.size} instances ended: ${this.losses[0]?.message}`);
  }

  /** Ends an instance in order and starts a new one in its place, with empty memory: a deploy. */
  async restart(index: number): Promise<void> {
    await this.#instances[index]?.close();
    const fresh = start(this.#run, this.#target, index);
    this.#instances[index] = fresh;
    await fresh.opened;
  }

  /** Lets one instance end early what goes on, before it is replaced; its results still come. */
  drain(index: number): void {
    this.#instances[index]?.stop();
  }

  /** What the living instances told last of what goes on. */
  get progress(): readonly Progress[] {
    return this.#instances.flatMap(({ loss, progress }) =>
      loss !== undefined || progress === undefined ? [] : [progress],
    );
  }

  /** Process ids, by instance: for faults. */
  get pids(): readonly number[] {
    return this.#instances.map(({ pid }) => pid);
  }

  /** Lets all end early what goes on; their results still come. */
  stop(): void {
    for (const instance of this.#instances) instance.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.close()));
  }
}

function start(run: VariantRun, target: Target, index: number): RemoteInstance {
  const { scenario, variant, bed, host } = run;
  const spec: InstanceSpec = {
    scenario,
    variant,
    target,
    names: bed.names,
    share: subshare(run.share ?? WHOLE, { index, count: scenario.instances }),
    cachectlVersion: host.cachectlVersion,
  };
  return new RemoteInstance(index, spec, run);
}
