import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { runScenario } from '../../src/bench/run.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import type { Scenario } from '../../src/config/scenario.ts';
import type { RunResult } from '../../src/results/run-result.ts';
import { HOST } from '../support/host.ts';

const directory = mkdtempSync(join(tmpdir(), 'bench-replay-'));
afterAll(() => rmSync(directory, { recursive: true }));

const inDirectory = (name: string): string => join(directory, name);

function run(scenario: Scenario, record?: string): Promise<RunResult> {
  return runScenario({
    scenario,
    target: {},
    driver: 'engine',
    host: HOST,
    env: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    onStep: async () => {},
    ...(record !== undefined && { record: inDirectory(record) }),
  });
}

/** Long enough to be stopped by nothing but the end of the trace. */
const REPLAY = `
warmup: 0ms
duration: 1m
values: { size: 64B }
load: { connections: 8 }
tiers: { l1: { max_entries: 50 } }
variants: [{ id: l1, tiers: [l1] }]`;

/** Key, value's size and operation of each record. */
function operationsIn(record: string): readonly string[] {
  const lines = readFileSync(inDirectory(record), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [, key, , bytes, , operation] = line.split(',');
    return `${operation} ${key} ${bytes}`;
  });
}

test('what was recorded of a run is replayed as it was: the same operations on the same keys', async () => {
  const generated = parseScenario(
    `
name: recorded
kind: load
warmup: 100ms
duration: 600ms
keyspace: { keys: 200 }
values: { distribution: uniform, min: 50B, max: 500B }
operations: { get_or_load: 80%, set: 15%, delete: 5% }
load: { model: open, rate: 500/s, arrival: constant }
variants: [{ id: l1, tiers: [l1] }]`,
    'recorded.yaml',
  );
  const { warnings } = await run(generated, 'first.csv');
  expect(warnings.filter(({ code }) => code === 'recording_stopped')).toEqual([]);
  const first = operationsIn('first.csv');
  expect(first.length).toBeGreaterThan(100);
  expect(new Set(first.map((line) => line.split(' ')[0]))).toEqual(new Set(['get', 'set', 'delete']));

  const replay = parseScenario(
    `name: replayed\nkind: load\n${REPLAY}\ntrace: { file: ${inDirectory('first.csv')} }`,
    'replayed.yaml',
  );
  const { variants, outcome } = await run(replay, 'second.csv');
  expect(outcome).toBe('complete');
  expect(variants[0]?.metrics).toMatchObject({ operations: first.length, errors: 0 });
  expect(operationsIn('second.csv')).toEqual(first);
});

test('instances replay their keys, record them apart, and together it is the whole trace', async () => {
  const trace = join(import.meta.dirname, '..', '..', 'scenarios', 'trace.csv');
  const scenario = parseScenario(
    `name: shared\nkind: load\ninstances: 2\n${REPLAY}\ntrace: { file: ${trace}, limit: 600 }`,
    'shared.yaml',
  );
  const { variants } = await run(scenario, 'part.csv');
  expect(variants[0]?.metrics).toMatchObject({ operations: 600, errors: 0 });
  const parts = [0, 1].map((index) => operationsIn(`part.${index}.csv`));
  const keysOf = (part: readonly string[]): Set<string> =>
    new Set(part.flatMap((line) => line.split(' ')[1] ?? []));
  const [left, right] = parts.map(keysOf);
  expect([...(left ?? [])].filter((key) => right?.has(key))).toEqual([]);
  const whole = readFileSync(trace, 'utf8').split('\n').slice(0, 600);
  const written = whole.map((line) => `${line.split(',')[5]} ${line.split(',')[1]}`);
  const replayed = parts.flat().map((line) => line.split(' ').slice(0, 2).join(' '));
  expect(replayed.sort()).toEqual(written.sort());
});
