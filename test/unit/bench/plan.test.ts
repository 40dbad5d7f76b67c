import { describe, expect, test } from 'vitest';
import { attribute, layersOf, roundsOf } from '../../../src/bench/attribution.ts';
import { findDriver } from '../../../src/bench/drivers/registry.ts';
import { variantsFor } from '../../../src/bench/plan.ts';
import type { Scenario } from '../../../src/config/scenario.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import type { VariantResult } from '../../../src/results/run-result.ts';

const scenario = (variants: string, operations = 'get: 100%'): Scenario =>
  parseScenario(`name: x\nkind: load\noperations: { ${operations} }\nvariants: [${variants}]\n`, 'x.yaml');
const ALL = '{ id: none, tiers: [] }, { id: all, tiers: [l1, redis, memcached, database] }';

describe('variants by driver', () => {
  const idsOf = (...args: Parameters<typeof variantsFor>): readonly string[] =>
    variantsFor(...args).map(({ id, driver, tiers }) => `${id} ${driver} ${tiers.join('+')}`);

  test('the engine has those of the scenario', () => {
    expect(idsOf('engine', scenario(ALL))).toEqual([
      'none engine ',
      'all engine l1+redis+memcached+database',
    ]);
  });

  test('a bare client has one for each server that it speaks to', () => {
    expect(idsOf('ioredis', scenario(ALL))).toEqual(['ioredis ioredis redis']);
    expect(idsOf('memjs', scenario(ALL))).toEqual(['memjs memjs memcached']);
    expect(idsOf('raw', scenario(ALL))).toEqual(['raw-redis raw redis', 'raw-memcached raw memcached']);
    expect(idsOf('raw', scenario('{ id: m, tiers: [l1, memcached] }'))).toEqual(['raw raw memcached']);
  });

  test.each<readonly [string, Parameters<typeof variantsFor>, RegExp, RegExp]>([
    [
      'without its server',
      ['memjs', scenario('{ id: r, tiers: [redis] }')],
      /'memjs' speaks to memcached, and no variant of 'x'/,
      /^drivers that can: engine, raw, ioredis$/,
    ],
    [
      'without any server',
      ['raw', scenario('{ id: l1, tiers: [l1] }')],
      /speaks to redis and memcached/,
      /^drivers that can: engine$/,
    ],
    [
      'with an operation that it lacks',
      ['engine', scenario(ALL, 'get: 99%, incr: 1%')],
      /'engine' cannot do 'incr' of 'x': the engine has no counters/,
      /^drivers that can: raw, ioredis, memjs$/,
    ],
    [
      'when nobody could',
      ['engine', scenario('{ id: l1, tiers: [l1] }', 'incr: 100%')],
      /cannot do 'incr'/,
      /^no driver can/,
    ],
  ])('a driver is refused %s, with those that would do', (_what, args, message, hint) => {
    expect(() => variantsFor(...args)).toThrow(
      expect.objectContaining({
        code: 'BAD_USAGE',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  test('an unknown driver lists the known ones', () => {
    expect(() => findDriver('ras')).toThrow(
      expect.objectContaining({
        message: "unknown driver 'ras', did you mean 'raw'?",
        hint: 'known drivers: engine, raw, ioredis, memjs',
      }),
    );
    expect(() => findDriver('constructor')).toThrow(/unknown driver/);
  });
});

describe('attribution', () => {
  const layers = (tiers: string): readonly string[] =>
    layersOf(scenario(`{ id: first, tiers: [] }, { id: main, tiers: [${tiers}] }`)).map(
      ({ driver, tiers: used }) => `${driver} ${used.join('+')}`,
    );

  test('goes from the wire to all tiers of the last variant', () => {
    expect(layers('l1, redis, memcached')).toEqual([
      'raw redis',
      'ioredis redis',
      'engine redis',
      'engine l1+redis',
      'engine l1+redis+memcached',
    ]);
    expect(layers('memcached, database').slice(0, 3)).toEqual([
      'raw memcached',
      'memjs memcached',
      'engine memcached',
    ]);
  });

  test('has no layer twice', () => {
    for (const tiers of ['redis', 'l1, redis', 'memcached', 'l1, memcached', 'l1, redis, database']) {
      expect(new Set(layers(tiers)).size).toBe(layers(tiers).length);
    }
    expect(layers('l1, redis')).toHaveLength(4);
  });

  test.each(['', 'l1', 'l1, database'])('needs a server: not with [%s]', (tiers) => {
    expect(() => layers(tiers)).toThrow(/its last variant has neither redis nor memcached/);
  });

  test('every layer is first once in as many rounds as there are layers, and each round has all', () => {
    const all = layersOf(scenario(ALL));
    const runs = roundsOf(all, all.length);
    const rounds = all.map((_, i) => runs.filter(({ round }) => round === i + 1));
    expect(new Set(rounds.map(([first]) => first?.title.replace(/, round.*/, ''))).size).toBe(all.length);
    for (const round of rounds) expect(round).toHaveLength(all.length);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
  });

  test('a policy is none that bare clients drive', () => {
    const text = `name: x\nkind: load\npolicies: { p: { key: 'p:{id}' } }\nvariants: [{ id: a, tiers: [redis], policy: p }]\n`;
    expect(() => layersOf(parseScenario(text, 'x.yaml'))).toThrow("drives the policy 'p'");
  });

  test('differences are between runs of one round, so that drift does not count', () => {
    const all = layersOf(scenario('{ id: main, tiers: [redis] }'));
    // Each round the machine is 10 ms slower; the client adds 1, 2 and 6 ms to the sockets.
    const result = (id: string, p50: number): VariantResult => ({
      id,
      title: id,
      tiers: [],
      measuredMs: 1,
      metrics: { 'latency.p50': p50 },
      histograms: {},
      seconds: [],
      errors: [],
    });
    const results = [1, 2, 6].flatMap((added, i) => [
      result(`raw-${i + 1}`, 10 * i + 5),
      result(`ioredis-${i + 1}`, 10 * i + 5 + added),
    ]);
    const { layers: costs, rounds } = attribute(all, 3, results);
    expect(rounds).toBe(3);
    expect(costs[0]).toMatchObject({
      figures: { 'latency.p50': { median: 15, low: 5, high: 25 } },
      added: {},
    });
    expect(costs[1]?.added).toEqual({ 'latency.p50': { median: 2, low: 1, high: 6 } });
    // The engine was not reached before the run ended.
    expect(costs[2]).toMatchObject({ figures: {}, added: {} });
  });

  test('of an even number of rounds the median is between the two in the middle', () => {
    const all = layersOf(scenario('{ id: main, tiers: [redis] }'));
    const results = [1, 4].map((p50, i) => ({
      ...{ id: `raw-${i + 1}`, title: '', tiers: [], measuredMs: 1, histograms: {}, seconds: [], errors: [] },
      metrics: { 'cpu.per_operation': p50 },
    }));
    expect(attribute(all, 2, results).layers[0]?.figures['cpu.per_operation']?.median).toBe(2.5);
  });
});
