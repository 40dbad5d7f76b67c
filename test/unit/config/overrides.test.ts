import { expect, test } from 'vitest';
import { CachectlError } from '../../../src/base/errors.ts';
import { withOverrides } from '../../../src/config/overrides.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';

const closed = parseScenario('name: x\nkind: load\ngates: [errors == 0]\n', 'f.yaml');
const open = parseScenario(
  'name: x\nkind: load\nload: { model: open, rate: 5/s, arrival: constant, max_in_flight: 7 }\n',
  'f.yaml',
);

test('nothing overridden, nothing changed', () => {
  expect(withOverrides(closed, {})).toEqual(closed);
  expect(withOverrides(open, { rate: undefined })).toEqual(open);
});

test('plain values replace, gates are added, the scenario itself stays', () => {
  const before = structuredClone(closed);
  const gate = { expression: 'latency.p99 < 5ms', origin: '--gate' };
  const changed = withOverrides(closed, {
    durationMs: 5,
    warmupMs: 0,
    seed: 9,
    connections: 3,
    gates: [gate],
  });
  expect(changed).toMatchObject({
    durationMs: 5,
    warmupMs: 0,
    seed: 9,
    load: { model: 'closed', connections: 3, pipeline: 1, thinkMs: 0 },
  });
  expect(changed.gates).toEqual([...closed.gates, gate]);
  expect(closed).toEqual(before);
});

test('a rate turns a closed load into an open one with the same defaults as a file has', () => {
  const file = parseScenario('name: x\nkind: load\nload: { model: open, rate: 70/s }\n', 'f.yaml');
  expect(withOverrides(closed, { rate: 70 }).load).toEqual(file.load);
});

test('a rate changes nothing else of an open load', () => {
  expect(withOverrides(open, { rate: 70, connections: 2 }).load).toEqual({
    model: 'open',
    rate: 70,
    shape: { form: 'constant' },
    arrival: 'constant',
    connections: 2,
    maxInFlight: 7,
  });
});

test('a rate takes the place of stages, and is told to any other shape', () => {
  const loadOf = (load: string, overrides: Parameters<typeof withOverrides>[1]): unknown =>
    withOverrides(parseScenario(`name: x\nkind: load\nload: ${load}\n`, 'f.yaml'), overrides).load;
  const stages = '{ model: open, stages: [{ duration: 1s, rate: 5/s }, { duration: 3s, rate: 9/s }] }';
  expect(loadOf(stages, {})).toMatchObject({ rate: 8, shape: { form: 'stages' } });
  expect(loadOf(stages, { rate: 70 })).toMatchObject({ rate: 70, shape: { form: 'constant' } });
  const sine = '{ model: open, rate: 5/s, shape: { form: sine } }';
  expect(loadOf(sine, { rate: 70 })).toMatchObject({ rate: 70, shape: { form: 'sine', amplitude: 0.5 } });
  const closedStages = '{ stages: [{ duration: 1s, connections: 5 }, { duration: 3s, connections: 2 }] }';
  expect(loadOf(closedStages, {})).toMatchObject({ connections: 5, stages: [{ durationMs: 1000 }, {}] });
  expect(loadOf(closedStages, { connections: 7 })).toEqual({
    model: 'closed',
    connections: 7,
    pipeline: 1,
    thinkMs: 0,
  });
});

test('every number out of range is told at once, by its flag', () => {
  const wrong = { durationMs: 0, warmupMs: -1, rate: Number.NaN, connections: 1.5, seed: 2 ** 32 };
  const act = (): unknown => withOverrides(closed, wrong);
  expect(act).toThrow(CachectlError);
  expect(act).toThrow(
    '--duration: expected a value from 1ms to 7d; found 0ms; --warmup: expected a value from 0ms to 1h; found -1ms; ' +
      '--rate: expected a value from 0.01/s to 10000000/s; found NaN/s; ' +
      '--connections: expected a whole number from 1 to 10000; found 1.5; ' +
      '--seed: expected a whole number from 0 to 4294967295; found 4294967296',
  );
});

test('the bounds of flags are those of the file', () => {
  for (const [key, text] of [
    ['duration', '7d'],
    ['warmup', '1h'],
    ['seed', '4294967295'],
  ] as const) {
    const scenario = parseScenario(`name: x\nkind: load\n${key}: ${text}\n`, 'f.yaml');
    const { durationMs, warmupMs, seed } = scenario;
    expect(withOverrides(closed, { durationMs, warmupMs, seed })).toMatchObject({
      durationMs,
      warmupMs,
      seed,
    });
  }
});
