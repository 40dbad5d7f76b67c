import type { ExitCode } from '../base/exit-codes.ts';
import type { GateSource } from '../gate/gate.ts';
import { judge } from '../gate/judge.ts';
import { checkGates, parseGates } from '../gate/parse.ts';
import { findReporter } from '../report/registry.ts';
import { mergeRuns } from '../results/merge-runs.ts';
import { readResult } from '../results/read.ts';
import type { RunResult } from '../results/run-result.ts';
import { checkWritable, writeResult } from '../results/write.ts';
import { exitCodeOf } from './bench-run.ts';
import type { CliContext } from './context.ts';

export interface MergeFlags {
  readonly gate?: readonly string[];
  readonly out?: string;
  readonly format?: string;
  readonly json?: boolean;
}

/** `cachectl merge`: what the shards of one run have measured, as one result with one verdict. */
export async function runMerge(
  files: readonly string[],
  flags: MergeFlags,
  context: CliContext,
): Promise<ExitCode> {
  const report = findReporter(flags.json === true ? 'json' : (flags.format ?? 'table'));
  const added = (flags.gate ?? []).map((expression) => ({ expression, origin: '--gate' }));
  const result = mergeRuns(await Promise.all(files.map(readResult)), files);
  const gates = parseGates([...gatesOf(result), ...added]);
  checkGates(gates, result.scenario.variants);
  if (flags.out !== undefined) {
    await checkWritable(flags.out);
    await writeResult(flags.out, result);
  }
  const verdict = judge(gates, result);
  const { width, color, unicode } = context.stdout;
  context.stdout.write(report({ result, verdict }, { width, color, unicode }));
  return exitCodeOf(result, verdict, context);
}

/** The gates that the scenario of a result has, as far as the file has kept them. */
function gatesOf({ scenario: { resolved } }: RunResult): readonly GateSource[] {
  if (typeof resolved !== 'object' || resolved === null || !('gates' in resolved)) return [];
  const { gates } = resolved;
  return Array.isArray(gates) ? gates.filter(isGateSource) : [];
}

function isGateSource(gate: unknown): gate is GateSource {
  if (typeof gate !== 'object' || gate === null) return false;
  return (
    typeof Reflect.get(gate, 'expression') === 'string' && typeof Reflect.get(gate, 'origin') === 'string'
  );
}
