import type { History } from '../history.ts';
import type { Violation } from '../judge.ts';
import type { Strike } from './nemesis.ts';

const BEFORE_MS = 2500;
const AFTER_MS = 100;
const MOST_LINES = 120;

/** A violation with all that happened to its key around it, and the faults that were at work. */
export function account(violation: Violation, history: History, strikes: readonly Strike[]): string {
  const { rule, key, atMs, message } = violation;
  const fromMs = atMs - BEFORE_MS;
  const toMs = atMs + AFTER_MS;
  const events: [number, string][] = [];
  for (const { key: own, version, atMs: at } of history.installs) {
    if (own === key) events.push([at, `version ${version} is installed`]);
  }
  for (const read of history.reads) {
    if (read.key !== key) continue;
    events.push([
      read.startMs,
      `instance ${read.instance} reads version ${read.version}, until ${ms(read.endMs)}`,
    ]);
  }
  for (const { instance, keys, what, startMs, doneMs } of history.invalidations) {
    if (!keys.includes(key)) continue;
    const done = doneMs === undefined ? 'rejected' : `acknowledged at ${ms(doneMs)}`;
    events.push([startMs, `instance ${instance} invalidates by ${what}, ${done}`]);
  }
  for (const load of history.loads) {
    if (load.key !== key) continue;
    events.push([
      load.startMs,
      `instance ${load.instance} loads version ${load.version}, until ${ms(load.endMs)}`,
    ]);
  }
  const near = events.filter(([at]) => at >= fromMs && at <= toMs).sort(([a], [b]) => a - b);
  const active = strikes.filter((strike) => strike.fromMs <= toMs && strike.toMs >= fromMs);
  return [
    `${rule}: ${message}`,
    ...active.map(
      ({ name, what, fromMs: from, toMs: to }) => `    ${ms(from)} to ${ms(to)}: ${name} ${what}`,
    ),
    ...near.slice(-MOST_LINES).map(([at, what]) => `    ${ms(at)}  ${what}`),
  ].join('\n');
}

function ms(time: number): string {
  return time.toFixed(1);
}
