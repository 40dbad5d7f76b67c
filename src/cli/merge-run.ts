import type { ExitCode } from '../base/exit-codes.ts';
import type { ClaimSource } from '../gate/claims/claim.ts';
import { judgeClaims } from '../gate/claims/judge.ts';
import { parseClaims } from '../gate/claims/parse.ts';
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
  const claims = judgeClaims(parseClaims(claimsOf(result)), result);
  context.stdout.write(report({ result, verdict, claims }, { width, color, unicode }));
  return exitCodeOf(result, verdict, context);
}

/** The gates that the scenario of a result has, as far as the file has kept them. */
function gatesOf({ scenario: { resolved } }: RunResult): readonly GateSource[] {
  return listIn(resolved, 'gates').filter((gate): gate is GateSource => hasTexts(gate, GATE_TEXTS));
}

/** The claims, likewise. */
function claimsOf({ scenario: { resolved } }: RunResult): readonly ClaimSource[] {
  return listIn(resolved, 'claims').filter((claim): claim is ClaimSource => hasTexts(claim, CLAIM_TEXTS));
}

const GATE_TEXTS: readonly (keyof GateSource)[] = ['expression', 'origin'];
const CLAIM_TEXTS: readonly (keyof ClaimSource)[] = ['what', 'claimed', 'source', 'expression', 'origin'];

function listIn(resolved: unknown, key: string): readonly unknown[] {
  if (typeof resolved !== 'object' || resolved === null) return [];
  const list: unknown = Reflect.get(resolved, key);
  return Array.isArray(list) ? list : [];
}

function hasTexts(value: unknown, keys: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return keys.every((key) => typeof Reflect.get(value, key) === 'string');
}
