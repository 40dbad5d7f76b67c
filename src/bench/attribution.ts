import { CachectlError } from '../base/errors.ts';
import type { Scenario, TierName, Variant } from '../config/scenario.ts';
import type { Attribution, LayerCost, Spread, VariantResult } from '../results/run-result.ts';
import { type DriverName, serverTier, type ServerTier } from './drivers/driver.ts';
import { checkOperations, type PlannedVariant } from './plan.ts';

/** Figures that an attribution takes apart. */
const FIGURES = ['latency.p50', 'latency.p99', 'cpu.per_operation'] as const;

const CLIENTS: Readonly<Record<ServerTier, DriverName>> = { redis: 'ioredis', memcached: 'memjs' };

/**
 * The layers of the scenario's main variant, from the wire up: bytes on sockets, the client, the engine over that server
 * alone, with the tier in the process in front, and with all tiers of the variant. Each does what the one before does, and more.
 * @throws CachectlError `BAD_USAGE` when the main variant has no server to attribute to, or a layer lacks an operation
 */
export function layersOf(scenario: Scenario): readonly PlannedVariant[] {
  const main = scenario.variants.at(-1);
  const server = serverTier(main?.tiers ?? [], ['redis', 'memcached']);
  if (main === undefined || server === undefined) {
    throw new CachectlError(
      'BAD_USAGE',
      `'${scenario.name}' cannot be attributed: its last variant has neither redis nor memcached`,
      { hint: 'put a variant with one of these tiers last, or name another scenario' },
    );
  }
  if (main.policy !== undefined) {
    throw new CachectlError(
      'BAD_USAGE',
      `'${scenario.name}' cannot be attributed: its last variant drives the policy '${main.policy}', and bare clients have none`,
      { hint: 'put a variant without a policy last, or name another scenario' },
    );
  }
  const client = CLIENTS[server];
  const { engine } = main;
  checkOperations('engine', scenario);
  checkOperations('raw', scenario);
  const label = server === 'redis' ? 'Redis' : 'Memcached';
  const layers: readonly PlannedVariant[] = [
    { id: 'raw', title: `raw, ${label}`, tiers: [server], engine, driver: 'raw' },
    { id: client, title: `${client}, ${label}`, tiers: [server], engine, driver: client },
    { id: `engine-${server}`, title: `engine, ${label}`, tiers: [server], engine, driver: 'engine' },
    {
      id: `engine-l1-${server}`,
      title: `engine, L1 + ${label}`,
      tiers: ['l1', server],
      engine,
      driver: 'engine',
    },
    { ...main, id: 'engine-all', title: `engine, ${main.title}`, driver: 'engine' },
  ];
  return sameTiers(layers[3], main.tiers) || sameTiers(layers[2], main.tiers) ? layers.slice(0, -1) : layers;
}

function sameTiers(layer: Variant | undefined, tiers: readonly TierName[]): boolean {
  return layer?.tiers.join() === tiers.join();
}

/**
 * The runs of all rounds. Every round runs every layer once, and begins with another one than the round before, so that no
 * layer always comes first, or always when the machine is warm.
 */
export function roundsOf(layers: readonly PlannedVariant[], rounds: number): readonly PlannedVariant[] {
  return Array.from({ length: rounds }, (_, round) =>
    layers.map((_layer, place) => {
      const layer = layers[(place + round) % layers.length] as PlannedVariant;
      return {
        ...layer,
        id: runId(layer.id, round + 1),
        title: `${layer.title}, round ${round + 1}`,
        round: round + 1,
      };
    }),
  ).flat();
}

function runId(layer: string, round: number): string {
  return `${layer}-${round}`;
}

/** What each layer costs, of the rounds in which it and the one below were measured. */
export function attribute(
  layers: readonly PlannedVariant[],
  rounds: number,
  results: readonly VariantResult[],
): Attribution {
  const figure = (layer: PlannedVariant, round: number, name: string): number | undefined =>
    results.find(({ id }) => id === runId(layer.id, round))?.metrics[name];
  const each = Array.from({ length: rounds }, (_, i) => i + 1);
  return {
    rounds,
    layers: layers.map((layer, index) => {
      const below = layers[index - 1];
      const figures: Record<string, Spread> = {};
      const added: Record<string, Spread> = {};
      for (const name of FIGURES) {
        const own = each.map((round) => figure(layer, round, name));
        const lower = each.map((round) => (below === undefined ? undefined : figure(below, round, name)));
        addSpread(figures, name, own);
        addSpread(
          added,
          name,
          own.map((value, i) => difference(value, lower[i])),
        );
      }
      const { id, title, tiers, driver } = layer;
      return { id, title, tiers, driver, figures, added } satisfies LayerCost;
    }),
  };
}

function difference(value: number | undefined, lower: number | undefined): number | undefined {
  return value === undefined || lower === undefined ? undefined : value - lower;
}

function addSpread(
  into: Record<string, Spread>,
  name: string,
  values: readonly (number | undefined)[],
): void {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const [low] = sorted;
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? low;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? low;
  into[name] = { median: (lower + upper) / 2, low, high };
}
