import { History } from '../history.ts';
import { Register } from '../sim/register.ts';
import type { Violation } from '../judge.ts';
import type { Instance } from './instance.ts';
import { allKeys } from './keys.ts';
import type { InvalidationRecord, Told } from './protocol.ts';

export interface Totals {
  operations: number;
  reads: number;
  invalidations: number;
  /** Of keys: an invalidation may concern many. */
  invalidatedKeys: number;
  loads: number;
  rejected: number;
}

/** The data behind all caches, in one place, and the history of what was done with it. */
export class Origin {
  readonly history: History = new History();
  readonly refused: Violation[] = [];
  readonly totals: Totals = {
    operations: 0,
    reads: 0,
    invalidations: 0,
    invalidatedKeys: 0,
    loads: 0,
    rejected: 0,
  };
  /** How often invalidations were rejected, by why. */
  readonly rejections: Map<string, number> = new Map();
  readonly #nowMs: () => number;
  readonly #register: Register;
  #orphans = new Set<string>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#register = new Register(this.history, nowMs);
    for (const key of allKeys) this.#register.install(key);
  }

  hear(instance: Instance, told: Told): void {
    if (told.tell === 'current') {
      const ids = told.keys.map((key) => this.#register.current(key));
      instance.order({ do: 'answer', ask: told.ask, ids, atMs: this.#nowMs() });
    } else if (told.tell === 'install') {
      const ids = told.keys.map((key) => {
        const id = told.id ?? this.#register.newId();
        this.#register.install(key, id);
        instance.unsettled.set(id, key);
        return id;
      });
      instance.order({ do: 'answer', ask: told.ask, ids, atMs: this.#nowMs() });
    } else if (told.tell === 'records') {
      this.#record(instance, told);
    }
  }

  /** What it did not invalidate nobody will, until somebody makes up for it. */
  died(instance: Instance): void {
    for (const key of instance.unsettled.values()) this.#orphans.add(key);
    instance.unsettled.clear();
  }

  takeOrphans(): readonly string[] {
    const orphans = [...this.#orphans];
    this.#orphans = new Set();
    return orphans;
  }

  /** Everybody has read the newest: from here on nothing older may come back. */
  beginAnew(): void {
    const { installs, reads, invalidations, loads } = this.history;
    for (const list of [installs, reads, invalidations, loads]) list.length = 0;
    const atMs = this.#nowMs();
    for (const key of allKeys) {
      const datum = { key, id: this.#register.current(key), bornMs: 0 };
      installs.push({ key, version: this.#register.versionOf(key, datum), atMs });
    }
    const known = { instance: -1, keys: allKeys, what: 'all quiet', startMs: atMs, doneMs: atMs };
    invalidations.push({ ...known, coversMs: atMs, toldMs: -Infinity });
  }

  #record(instance: Instance, told: Extract<Told, { tell: 'records' }>): void {
    const { serial } = instance.part;
    const { history, totals } = this;
    for (const { key, startMs, endMs, datum, isLast } of told.reads) {
      const version = datum === undefined ? undefined : this.#register.versionOf(key, datum);
      history.reads.push({ instance: serial, key, startMs, endMs, version, isLast, bornMs: datum?.bornMs });
    }
    for (const { datum, ...load } of told.loads) {
      const version = datum === undefined ? undefined : this.#register.versionOf(load.key, datum);
      history.loads.push({ instance: serial, ...load, version });
    }
    for (const invalidation of told.invalidations) this.#recordInvalidation(instance, invalidation);
    if (!instance.isLeaving) {
      for (const { key, atMs, message } of told.refused) {
        this.refused.push({ rule: 'refused', key, atMs, message: `instance ${serial}: ${message}` });
      }
    }
    totals.reads += told.reads.length;
    totals.loads += told.loads.length;
    totals.invalidations += told.invalidations.length;
    totals.operations += told.reads.length + told.invalidations.length;
  }

  #recordInvalidation(instance: Instance, record: InvalidationRecord): void {
    const { keys, what, startMs, endMs, coversMs, ids, error } = record;
    const doneMs = error === undefined ? endMs : undefined;
    this.totals.invalidatedKeys += keys.length;
    this.history.invalidations.push({
      instance: instance.part.serial,
      keys,
      what,
      startMs,
      doneMs,
      coversMs,
    });
    if (error === undefined) {
      for (const id of ids) instance.unsettled.delete(id);
      return;
    }
    if (instance.isLeaving) return;
    this.totals.rejected++;
    const why = error.replaceAll(/[\d.:]+/g, '…').slice(0, 70);
    this.rejections.set(why, (this.rejections.get(why) ?? 0) + 1);
  }
}
