import { CachectlError } from '../base/errors.ts';
import { mergeVariants } from './merge.ts';
import type { Outcome, RunResult, VariantResult, Warning } from './run-result.ts';

/** From the least to the most serious. */
const OUTCOMES: readonly Outcome[] = ['complete', 'interrupted', 'server_lost'];

/**
 * The shards of one run as one result. Nothing is lost ({@link mergeVariants}).
 * @param files what each result is called in messages
 * @throws CachectlError `BAD_RESULT` when they are not shards of one run, or one is there twice or not at all
 */
export function mergeRuns(results: readonly RunResult[], files: readonly string[]): RunResult {
  const [first] = results;
  if (first === undefined) throw new CachectlError('BAD_RESULT', 'there is no result to merge');
  checkShards(results, files);
  const { shard: _part, ...common } = first;
  return {
    ...common,
    startedAt: results.map(({ startedAt }) => startedAt).reduce((a, b) => (a < b ? a : b)),
    variants: first.scenario.variants.flatMap((id) => mergeVariant(results, id)),
    warnings: results.flatMap(({ warnings, shard }) =>
      warnings.map((warning) => ofShard(warning, shard?.index)),
    ),
    outcome: OUTCOMES[Math.max(...results.map(({ outcome }) => OUTCOMES.indexOf(outcome)))] ?? 'complete',
  };
}

function mergeVariant(results: readonly RunResult[], id: string): readonly VariantResult[] {
  const [first, ...others] = results.flatMap(
    ({ variants }) => variants.find((variant) => variant.id === id) ?? [],
  );
  return first === undefined ? [] : [mergeVariants([first, ...others])];
}

function ofShard(warning: Warning, index: number | undefined): Warning {
  return index === undefined ? warning : { ...warning, message: `shard ${index + 1}: ${warning.message}` };
}

function checkShards(results: readonly RunResult[], files: readonly string[]): void {
  const [first, ...others] = results;
  const nameOf = (result: RunResult): string => files[results.indexOf(result)] ?? 'a result';
  if (first?.shard === undefined) {
    throw bad(`${files[0] ?? 'the first'} is no shard: it was run without --shard`);
  }
  const { count } = first.shard;
  for (const other of others) {
    if (other.shard?.count !== count || describe(other) !== describe(first)) {
      throw bad(
        `${nameOf(other)} is no shard of the run that ${nameOf(first)} is of: ${difference(first, other)}`,
      );
    }
  }
  const byIndex = indexed(results);
  for (let index = 0; index < count; index++) {
    const found = byIndex.get(index) ?? [];
    if (found.length === 0) throw bad(`shard ${index + 1} of ${count} is missing`);
    if (found.length > 1)
      throw bad(`shard ${index + 1} of ${count} is there twice: ${found.map(nameOf).join(' and ')}`);
  }
}

function indexed(results: readonly RunResult[]): ReadonlyMap<number, readonly RunResult[]> {
  const byIndex = new Map<number, RunResult[]>();
  for (const result of results) {
    const index = result.shard?.index ?? -1;
    byIndex.set(index, [...(byIndex.get(index) ?? []), result]);
  }
  return byIndex;
}

function describe({ scenario }: RunResult): string {
  const { name, seed, kind, load, variants } = scenario;
  return JSON.stringify({ name, seed, kind, load, variants });
}

function difference(a: RunResult, b: RunResult): string {
  if (b.shard === undefined) return 'it was run without --shard';
  if (a.shard?.count !== b.shard.count) return `it is one of ${b.shard.count}, not of ${a.shard?.count}`;
  if (a.scenario.name !== b.scenario.name)
    return `its scenario is ${b.scenario.name}, not ${a.scenario.name}`;
  return 'seed, load or variants differ';
}

function bad(message: string): CachectlError {
  return new CachectlError('BAD_RESULT', message, {
    hint: 'Give the results of all shards of one run, each once.',
  });
}
