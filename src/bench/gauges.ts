import type { Clock } from '../base/clock.ts';
import { ProcessSampler } from '../metrics/process-samplers.ts';
import type { Host } from './host.ts';
import type { Counted } from './measure.ts';
import type { Subject } from './subject.ts';

/** Reads the counters of a subject and of this process around a measured part. */
export class Gauges {
  readonly #subject: Subject;
  readonly #before: Pick<Counted, 'countsBefore' | 'statsBefore'>;
  readonly #loadsBefore: number;
  readonly #sampler: ProcessSampler;

  private constructor(
    subject: Subject,
    before: Pick<Counted, 'countsBefore' | 'statsBefore'>,
    sampler: ProcessSampler,
  ) {
    this.#subject = subject;
    this.#before = before;
    this.#loadsBefore = subject.originLoads();
    this.#sampler = sampler;
  }

  static async begin(subject: Subject, host: Host, clock: Clock): Promise<Gauges> {
    const { system } = subject;
    const statsBefore = (await system?.cache.tierStats()) ?? {};
    const before = { countsBefore: system?.cache.counts(), statsBefore };
    return new Gauges(subject, before, new ProcessSampler(clock, host));
  }

  async finish(): Promise<Counted> {
    const { system } = this.#subject;
    return {
      ...this.#before,
      countsAfter: system?.cache.counts(),
      loads: this.#subject.originLoads() - this.#loadsBefore,
      generator: this.#sampler.stop(),
      waitedMs: 0,
      statsAfter: (await system?.cache.tierStats()) ?? {},
    };
  }
}
