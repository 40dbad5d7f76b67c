import { delay } from '../../../src/base/deadline.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Invalidation } from '../../../src/engine/cache.ts';
import { History } from '../history.ts';
import { judge, type Rules, type Violation } from '../judge.ts';
import {
  type Act,
  BOUND_MS,
  type By,
  groupPattern,
  groupTag,
  type Program,
  programKeys,
  type Step,
  tagsOf,
} from './program.ts';
import { type Datum, isDatum, Register } from './register.ts';
import { SimClock } from './sim-clock.ts';
import type { Cluster, OpenCluster, SimInstance } from './subject.ts';

const DEADLINE_MS = 60;
const THROTTLE_MS = 80;
/** What was rejected is made up for within this time after the last fault. */
const LONGEST_RECOVERY_MS = 1500;
/** Calls settle within this time once nothing fails. */
const LONGEST_CALL_MS = 500;
const STEP_MS = 20;

export interface Outcome {
  readonly history: History;
  readonly violations: readonly Violation[];
}

/** Runs a program on a new cluster in its own virtual time, and judges what happened. */
export async function runProgram(program: Program, open: OpenCluster): Promise<Outcome> {
  const clock = new SimClock();
  const cluster = await open({
    instances: program.instances,
    level: program.level,
    boundMs: BOUND_MS,
    deadlineMs: DEADLINE_MS,
    throttleMs: THROTTLE_MS,
    lifetimeMs: program.lifetimeMs,
    staleMs: program.staleMs,
    slides: program.slides === true,
    tiers: program.tiers,
    clock,
    random: seededRandom(program.seed),
  });
  const world = new World(program, cluster, clock);
  return world.run();
}

/** The time for which an instance's messages may not get out. */
interface Muted {
  readonly instance: number;
  readonly fromMs: number;
  toMs: number;
}

class World {
  readonly #program: Program;
  readonly #cluster: Cluster;
  readonly #clock: SimClock;
  readonly #history = new History();
  readonly #register: Register;
  readonly #muted: Muted[] = [];
  readonly #lossy = new Set<number>();
  readonly #failed = new Set<string>();
  readonly #open = new Map<number, string>();
  readonly #refused: Violation[] = [];
  /** All faults are over by then. */
  readonly #healedMs: number;
  #calls = 0;

  constructor(program: Program, cluster: Cluster, clock: SimClock) {
    this.#program = program;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#healedMs =
      Math.max(0, ...program.steps.map(program.converges ? endOf : ({ atMs }) => atMs)) + STEP_MS;
    this.#register = new Register(this.#history, () => clock.stamp());
    for (const key of programKeys) this.#register.install(key);
    for (const { lines, bus } of cluster.instances) {
      for (const line of lines) line.inject(program.network);
      bus?.inject(program.network);
    }
  }

  async run(): Promise<Outcome> {
    const clock = this.#clock;
    const { steps } = this.#program;
    for (const step of steps) clock.setTimer(() => this.#begin(step), step.atMs);
    await clock.runUntil(this.#healedMs);
    this.#heal();
    if (this.#program.converges) {
      await this.#recover();
      for (const [i, instance] of this.#cluster.instances.entries()) {
        for (const key of programKeys) this.#read(i, instance, key, QUICK, true);
      }
    }
    await this.#runUntil(LONGEST_CALL_MS, () => this.#open.size === 0);
    const hung = [...this.#open.values()].map((what) => this.#violation('hung', `${what} never settled`));
    const violations = [...judge(this.#told(), this.#rules()), ...this.#refused, ...hung];
    await this.#close();
    return { history: this.#history, violations };
  }

  #heal(): void {
    for (const { lines, bus } of this.#cluster.instances) {
      for (const line of lines) line.heal();
      bus?.heal();
    }
  }

  /** Lets pass what it takes to make up for what failed, and to tell everybody. */
  async #recover(): Promise<void> {
    if (!this.#cluster.makesUp) this.#makeUp();
    await this.#runUntil(LONGEST_RECOVERY_MS, () => this.#open.size === 0 && this.#cluster.isSettled());
    await this.#clock.runUntil(this.#clock.nowMs() + Math.max(2 * BOUND_MS, THROTTLE_MS));
  }

  async #runUntil(longestMs: number, isDone: () => boolean): Promise<void> {
    const endMs = this.#clock.nowMs() + longestMs;
    do await this.#clock.runUntil(this.#clock.nowMs() + STEP_MS);
    while (!isDone() && this.#clock.nowMs() < endMs);
  }

  async #close(): Promise<void> {
    let isClosed = false;
    const closing = Promise.allSettled(this.#cluster.instances.map(({ cache }) => cache.close())).then(() => {
      isClosed = true;
    });
    await this.#runUntil(LONGEST_CALL_MS, () => isClosed);
    await closing;
  }

  #rules(): Rules {
    const { level, faults, lifetimeMs, staleMs, slides = false } = this.#program;
    return {
      boundMs: level === 'strict' ? 0 : BOUND_MS,
      ...(faults === 'none' ? { loadsPerInvalidation: this.#cluster.loadsPerInvalidation } : {}),
      ...(faults === 'origin' ? { throttleMs: THROTTLE_MS - 1 } : {}),
      // An entry's time begins when it is stored, and memory may repeat it for the bound.
      lifetimeMs: slides ? Infinity : lifetimeMs + staleMs + DEADLINE_MS + BOUND_MS,
    };
  }

  #begin({ instance: i, act }: Step): void {
    const instance = this.#cluster.instances[i] as SimInstance;
    switch (act.kind) {
      case 'read':
        this.#read(i, instance, act.key, act);
        break;
      case 'get':
        this.#get(i, instance, act.key);
        break;
      case 'update':
        this.#update(i, instance, act.keys, act.by);
        break;
      case 'write':
        this.#write(i, instance, act);
        break;
      case 'lose':
        this.#cluster.lose(act.loss);
        break;
      case 'line':
        this.#breakLine(instance, act);
        break;
      case 'bus':
        this.#breakBus(i, instance, act);
        break;
    }
  }

  #breakLine({ lines }: SimInstance, { tier, faults, forMs }: Extract<Act, { kind: 'line' }>): void {
    const line = lines[tier % lines.length];
    line?.inject(faults);
    this.#clock.setTimer(() => {
      line?.heal();
      line?.inject(this.#program.network);
    }, forMs);
  }

  #breakBus(i: number, { bus }: SimInstance, { faults, forMs }: Extract<Act, { kind: 'bus' }>): void {
    if (bus === undefined) return;
    // Twice in a row it could last longer than the next heartbeat takes.
    if ((faults.dropRate ?? 0) > 0 && this.#lossy.has(i)) return;
    this.#lossy.add(i);
    bus.inject(faults);
    const now = this.#clock.nowMs();
    if (faults.dropRate === undefined && faults.state !== 'half-open') {
      this.#muted.push({ instance: i, fromMs: now, toMs: Math.min(now + forMs, this.#healedMs) });
    }
    this.#clock.setTimer(() => {
      bus.heal();
      bus.inject(this.#program.network);
    }, forMs);
  }

  #read(
    i: number,
    { cache }: SimInstance,
    key: string,
    act: { readonly fails: boolean; readonly beforeMs: number; readonly afterMs: number },
    isLast = false,
  ): void {
    const startMs = this.#clock.stamp();
    const load = (): Promise<Datum> => this.#load(i, key, startMs, act);
    const call = cache.getOrLoad<Datum>(key, load, { tags: tagsOf(key) });
    void this.#watch(`getOrLoad(${key}) of instance ${i}`, call).then((value) => {
      if (value instanceof Failed) {
        if (!this.#mayFail(isLast))
          this.#refused.push(
            this.#violation('refused', `instance ${i}: getOrLoad(${key}) failed: ${String(value.error)}`),
          );
      } else this.#record(i, key, startMs, value, isLast);
    });
  }

  /** Whether a read may be rejected: only where some loader does. */
  #mayFail(isLast: boolean): boolean {
    return !isLast && this.#program.steps.some(({ act }) => act.kind === 'read' && act.fails);
  }

  async #load(
    i: number,
    key: string,
    askedMs: number,
    {
      fails,
      beforeMs,
      afterMs,
    }: { readonly fails: boolean; readonly beforeMs: number; readonly afterMs: number },
  ): Promise<Datum> {
    const startMs = this.#clock.stamp();
    await delay(this.#clock, beforeMs);
    const id = this.#register.current(key);
    await delay(this.#clock, afterMs);
    const endMs = this.#clock.stamp();
    const datum = { key, id, bornMs: endMs };
    const version = fails ? undefined : this.#register.versionOf(key, datum);
    this.#history.loads.push({ instance: i, key, askedMs, startMs, endMs, version });
    if (fails) throw new Error('the origin fails');
    return datum;
  }

  #get(i: number, { cache }: SimInstance, key: string): void {
    const startMs = this.#clock.stamp();
    void this.#watch(`get(${key}) of instance ${i}`, cache.get(key)).then((value) => {
      if (!(value instanceof Failed) && value !== undefined) this.#record(i, key, startMs, value, false);
    });
  }

  #record(instance: number, key: string, startMs: number, value: unknown, isLast: boolean): void {
    this.#history.reads.push({
      instance,
      key,
      startMs,
      endMs: this.#clock.stamp(),
      version: this.#register.versionOf(key, value),
      bornMs: isDatum(value) ? value.bornMs : undefined,
      isLast,
    });
  }

  #update(i: number, { cache }: SimInstance, keys: readonly string[], by: By): void {
    for (const key of keys) this.#register.install(key);
    const startMs = this.#clock.stamp();
    const call = cache.invalidate(named(by, keys));
    void this.#watch(`invalidate by ${by} of instance ${i}`, call).then((result) =>
      this.#invalidated(i, keys, by, startMs, startMs, result),
    );
  }

  #write(
    i: number,
    { cache }: SimInstance,
    { key, fails, beforeMs, afterMs }: Extract<Act, { kind: 'write' }>,
  ): void {
    const startMs = this.#clock.stamp();
    const datum: Datum = { key, id: this.#register.newId(), bornMs: startMs };
    let coversMs = 0;
    const save = async (): Promise<void> => {
      await delay(this.#clock, beforeMs);
      if (fails !== 'before') coversMs = this.#register.install(key, datum.id);
      await delay(this.#clock, afterMs);
      if (fails !== 'never') throw new Error('saving fails');
    };
    const call = cache.write(key, datum, save, { tags: tagsOf(key) });
    void this.#watch(`write(${key}) of instance ${i}`, call).then((result) =>
      this.#invalidated(i, [key], 'write', startMs, coversMs, result),
    );
  }

  #invalidated(
    instance: number,
    keys: readonly string[],
    what: string,
    startMs: number,
    coversMs: number,
    result: unknown,
  ): void {
    const endMs = this.#clock.stamp();
    const invalidation = { instance, keys, what, startMs, coversMs };
    if (!(result instanceof Failed)) {
      this.#history.invalidations.push({ ...invalidation, doneMs: endMs });
      return;
    }
    const isRemembered = this.#cluster.makesUp && (what === 'key' || what === 'write');
    const rejected = isRemembered ? { rejectedMs: endMs } : {};
    this.#history.invalidations.push({ ...invalidation, doneMs: undefined, ...rejected });
    for (const key of keys) this.#failed.add(key);
  }

  /** What an application does whose cache forgets that an invalidation failed: it tries again. */
  #makeUp(): void {
    const [first] = this.#cluster.instances;
    if (first !== undefined && this.#failed.size > 0) {
      void this.#watch('making up', first.cache.invalidate({ keys: [...this.#failed] }));
    }
  }

  /** With `bounded`, others are told when the messages get out. */
  #told(): History {
    if (this.#program.level !== 'bounded') return this.#history;
    const told = new History();
    Object.assign(told, this.#history, {
      invalidations: this.#history.invalidations.map((invalidation) => {
        const { instance, startMs, doneMs } = invalidation;
        if (doneMs === undefined) return invalidation;
        const until = this.#muted
          .filter((muted) => muted.instance === instance && muted.fromMs <= doneMs && muted.toMs >= startMs)
          .map(({ toMs }) => toMs + BOUND_MS / 2);
        return { ...invalidation, toldMs: Math.max(doneMs, ...until) };
      }),
    });
    return told;
  }

  async #watch<T>(what: string, call: Promise<T>): Promise<T | Failed> {
    const id = this.#calls++;
    this.#open.set(id, `${what}, called at ${this.#clock.nowMs().toFixed(3)} ms,`);
    try {
      return await call;
    } catch (error) {
      return new Failed(error);
    } finally {
      this.#open.delete(id);
    }
  }

  #violation(rule: Violation['rule'], message: string): Violation {
    return { rule, key: '', atMs: this.#clock.nowMs(), message };
  }
}

const QUICK = { fails: false, beforeMs: 1, afterMs: 1 };

function endOf({ atMs, act }: Step): number {
  return atMs + ('forMs' in act ? act.forMs : 0);
}

class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function named(by: By, keys: readonly string[]): Invalidation {
  const [first = ''] = keys;
  switch (by) {
    case 'key':
      return { keys };
    case 'tag':
      return { tags: [groupTag(first)] };
    case 'pattern':
      return { patterns: [groupPattern(first)] };
    case 'all':
      return { all: true };
  }
}
