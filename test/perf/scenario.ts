import { systemClock } from '../../src/base/clock.ts';
import { fileURLToPath } from 'node:url';
import type { RunOptions } from '../../src/bench/run.ts';
import { runScenario } from '../../src/bench/run.ts';
import { withOverrides } from '../../src/config/overrides.ts';
import type { Scenario } from '../../src/config/scenario.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import type { VariantResult } from '../../src/results/run-result.ts';

/** Reads, all of them hits once warm, of 1,000 small values in Redis. */
const READS = `
schema: cachectl.scenario/1
name: reads
title: Reads of warm keys in Redis
kind: load
warmup: 500ms
keyspace: { keys: 1000, distribution: uniform }
values: { size: 128B }
operations: { get_or_load: 100% }
load: { model: closed, connections: 50 }
origin: { rows_per_key: 1 }
variants: [{ id: redis, title: Redis, tiers: [redis] }]
`;

export const reads = (overrides: Parameters<typeof withOverrides>[1]): Scenario =>
  withOverrides(parseScenario(READS, 'reads.yaml'), overrides);

/** Runs the whole tool on one scenario in this process, and gives its last variant. */
export async function measured(
  scenario: Scenario,
  options: Pick<RunOptions, 'target' | 'driver'> & Partial<Pick<RunOptions, 'onProgress'>>,
): Promise<VariantResult> {
  const result = await runScenario({
    scenario,
    host: {
      cachectlVersion: 'perf',
      nodeVersion: process.version,
      readRssBytes: () => process.memoryUsage.rss(),
      readCpuMs: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1000;
      },
      instanceProgram: fileURLToPath(new URL('../../bin/instance.ts', import.meta.url)),
      instanceExecArgv: ['--import', 'tsx'],
    },
    env: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    onStep: async () => {},
    ...options,
  });
  const last = result.variants.at(-1);
  if (last === undefined || result.outcome !== 'complete')
    throw new Error(`the run ended as ${result.outcome}`);
  return last;
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
