import type { History, Install, Invalidation, Load, Read } from './history.ts';
import { countUntil, Rising, type Step } from './rising.ts';
import { seenBefore } from './seen-before.ts';

/** What a history is held to. */
export interface Rules {
  /** How far behind other instances may be after an acknowledged invalidation, in milliseconds. The one that invalidates may not be. */
  readonly boundMs: number;
  /** Most loads of a key for its first value and for each invalidation of it. Default: any number. */
  readonly loadsPerInvalidation?: number;
  /** After a failed load of a key nobody tries again for so long, in milliseconds, unless it was invalidated. Default 0. */
  readonly throttleMs?: number;
  /** Oldest age at which a value may still be read, in milliseconds. Default: any. */
  readonly lifetimeMs?: number;
}

/** The last two are broken by calls, not by histories: a read that failed although its loader did not, and a call that never settled. */
export type RuleName =
  | 'stale'
  | 'backwards'
  | 'invented'
  | 'diverged'
  | 'loads'
  | 'throttle'
  | 'expired'
  | 'refused'
  | 'hung';

export interface Violation {
  readonly rule: RuleName;
  readonly key: string;
  readonly atMs: number;
  readonly message: string;
}

/** Everything that happened to one key, each list in the order of its times. */
interface KeyHistory {
  readonly key: string;
  readonly installs: Install[];
  readonly reads: Read[];
  readonly invalidations: Invalidation[];
  readonly loads: Load[];
}

/** All that is wrong with a history; in O(n log n). */
export function judge(history: History, rules: Rules): readonly Violation[] {
  const found: Violation[] = [];
  for (const own of byKey(history)) {
    judgeReads(own, rules, found);
    judgeLoads(own, rules, found);
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

function byKey(history: History): Iterable<KeyHistory> {
  const keys = new Map<string, KeyHistory>();
  const of = (key: string): KeyHistory => {
    let own = keys.get(key);
    if (own === undefined) {
      own = { key, installs: [], reads: [], invalidations: [], loads: [] };
      keys.set(key, own);
    }
    return own;
  };
  for (const install of history.installs) of(install.key).installs.push(install);
  for (const read of history.reads) of(read.key).reads.push(read);
  for (const load of history.loads) of(load.key).loads.push(load);
  for (const invalidation of history.invalidations) {
    for (const key of new Set(invalidation.keys)) of(key).invalidations.push(invalidation);
  }
  for (const own of keys.values()) {
    own.installs.sort((a, b) => a.version - b.version);
    own.reads.sort((a, b) => a.startMs - b.startMs);
    own.invalidations.sort((a, b) => a.startMs - b.startMs);
    own.loads.sort((a, b) => a.startMs - b.startMs);
  }
  return keys.values();
}

/** What reads may return, as it rises over time. */
interface Floors {
  /** The newest version that was installed. */
  readonly installed: Rising;
  /** Acknowledged, to whomever. */
  readonly acknowledged: Rising;
  /** For every instance: acknowledged, and the bound is over. */
  readonly everywhere: Rising;
  /** For the instance that invalidated, at once, and though it was rejected: what could not be told is not asked. */
  readonly own: ReadonlyMap<number, Rising>;
}

function floorsOf({ installs, invalidations }: KeyHistory, boundMs: number): Floors {
  const installed = new Rising(installs.map(({ atMs, version }) => ({ atMs, value: version })));
  const acknowledged: Step[] = [];
  const own: InstanceStep[] = [];
  const everywhere: Step[] = [];
  for (const { instance, coversMs, doneMs, rejectedMs, toldMs } of invalidations) {
    const value = installed.until(coversMs);
    const endMs = doneMs ?? rejectedMs;
    if (endMs !== undefined) own.push({ instance, atMs: endMs, value });
    if (doneMs === undefined) continue;
    acknowledged.push({ atMs: doneMs, value });
    everywhere.push({ atMs: (toldMs ?? doneMs) + boundMs, value });
  }
  return {
    installed,
    acknowledged: new Rising(acknowledged),
    everywhere: new Rising(everywhere),
    own: risingByInstance(own),
  };
}

interface InstanceStep extends Step {
  readonly instance: number;
}

function risingByInstance(steps: readonly InstanceStep[]): ReadonlyMap<number, Rising> {
  const lists = new Map<number, InstanceStep[]>();
  for (const step of steps) {
    const list = lists.get(step.instance);
    if (list === undefined) lists.set(step.instance, [step]);
    else list.push(step);
  }
  return new Map([...lists].map(([instance, list]) => [instance, new Rising(list)]));
}

function judgeReads(own: KeyHistory, rules: Rules, found: Violation[]): void {
  const floors = floorsOf(own, rules.boundMs);
  const seen = seenBefore(own.reads, floors.acknowledged);
  for (const read of own.reads) {
    const wrong = read.version === undefined ? undefined : wrongRead(read, read.version, floors, seen, rules);
    if (wrong === undefined) continue;
    const { instance, startMs, endMs } = read;
    const message = `instance ${instance} read ${own.key} from ${ms(startMs)} to ${ms(endMs)} and got version ${read.version}: ${wrong.why}`;
    found.push({ rule: wrong.rule, key: own.key, atMs: startMs, message });
  }
}

function wrongRead(
  read: Read,
  version: number,
  floors: Floors,
  seen: ReadonlyMap<Read, number>,
  { lifetimeMs = Infinity }: Rules,
): { readonly rule: RuleName; readonly why: string } | undefined {
  const { instance, startMs } = read;
  const newest = floors.installed.until(read.endMs);
  if (!Number.isInteger(version) || version < 1 || version > newest) {
    return { rule: 'invented', why: `the newest that was ever written is ${newest}` };
  }
  const due = Math.max(floors.everywhere.before(startMs), floors.own.get(instance)?.before(startMs) ?? 0);
  if (version < due) return { rule: 'stale', why: `version ${due} was acknowledged before` };
  const back = Math.min(seen.get(read) ?? 0, floors.acknowledged.before(startMs));
  if (version < back) return { rule: 'backwards', why: `it had read at least version ${back} before` };
  if (read.isLast === true && version < floors.installed.before(startMs)) {
    return { rule: 'diverged', why: `all is quiet, and the data has version ${newest}` };
  }
  const ageMs = startMs - (read.bornMs ?? startMs);
  if (ageMs > lifetimeMs) return { rule: 'expired', why: `it was ${ms(ageMs)} old` };
  return undefined;
}

function judgeLoads(
  own: KeyHistory,
  { loadsPerInvalidation, throttleMs = 0 }: Rules,
  found: Violation[],
): void {
  const { key, loads, invalidations } = own;
  const most = (loadsPerInvalidation ?? Infinity) * (1 + invalidations.length);
  const over = loads[most];
  if (over !== undefined) {
    const message = `${key} was loaded ${loads.length} times, with ${invalidations.length} invalidations`;
    found.push({ rule: 'loads', key, atMs: over.startMs, message });
  }
  if (throttleMs === 0) return;
  const starts = loads.map(({ startMs }) => startMs);
  for (const failed of loads) {
    const next = failed.version === undefined ? loads[countUntil(starts, failed.endMs)] : undefined;
    if (next === undefined || next.startMs >= failed.endMs + throttleMs) continue;
    const between = invalidations.some(
      ({ startMs, doneMs }) => startMs <= next.startMs && (doneMs ?? Infinity) >= failed.askedMs,
    );
    if (between) continue;
    const message = `${key} was loaded again at ${ms(next.startMs)}, after a load had failed at ${ms(failed.endMs)}`;
    found.push({ rule: 'throttle', key, atMs: next.startMs, message });
  }
}

function ms(time: number): string {
  return `${time.toFixed(3)} ms`;
}
