import { dirname, resolve } from 'node:path';
import { haltSqliteThreads } from '../backends/database/sqlite-thread.ts';
import { CachectlError } from '../base/errors.ts';
import { ExitCode } from '../base/exit-codes.ts';
import { layersOf } from '../bench/attribution.ts';
import type { DriverName } from '../bench/drivers/driver.ts';
import { findDriver } from '../bench/drivers/registry.ts';
import { checkFailover } from '../bench/failover-check.ts';
import { variantsFor } from '../bench/plan.ts';
import { checkScenario } from '../bench/prepare.ts';
import { runScenario } from '../bench/run.ts';
import type { Shard } from '../bench/share.ts';
import { loadConfig } from '../config/config-file.ts';
import { withOverrides } from '../config/overrides.ts';
import type { Scenario } from '../config/scenario.ts';
import { loadScenario } from '../config/scenario-file.ts';
import { resolveSettings } from '../config/settings.ts';
import type { Claim } from '../gate/claims/claim.ts';
import { judgeClaims } from '../gate/claims/judge.ts';
import { checkClaims, parseClaims } from '../gate/claims/parse.ts';
import type { Gate } from '../gate/gate.ts';
import { judge } from '../gate/judge.ts';
import { checkGates, parseGates } from '../gate/parse.ts';
import type { Verdict } from '../gate/verdict.ts';
import { findReporter } from '../report/registry.ts';
import type { Reporter, ReportInput } from '../report/reporter.ts';
import type { RunResult } from '../results/run-result.ts';
import { doubtsOf } from '../results/trust.ts';
import { checkWritable, writeResult } from '../results/write.ts';
import type { Target } from '../testbed/target.ts';
import type { BenchFlags } from './bench-flags.ts';
import type { CliContext } from './context.ts';
import { reportError } from './error-text.ts';
import { showProgress } from './progress.ts';

interface Planned {
  readonly scenario: Scenario;
  readonly gates: readonly Gate[];
  readonly claims: readonly Claim[];
}

interface Plan {
  readonly runs: readonly Planned[];
  readonly target: Target;
  readonly driver: DriverName;
  /** Rounds of an attribution; undefined when it is none. */
  readonly rounds: number | undefined;
  /** Name of the format and what makes it. */
  readonly format: string;
  readonly report: Reporter;
  readonly out: string | undefined;
  readonly record: string | undefined;
  readonly shard: Shard | undefined;
}

/**
 * `cachectl bench`: everything that can be wrong is found before the first server is started. A result that
 * cannot be written after all, as on a full disk, is still reported.
 */
export async function runBench(
  names: readonly string[],
  flags: BenchFlags,
  context: CliContext,
): Promise<ExitCode> {
  const plan = await planBench(names, flags, context);
  context.onExit(haltSqliteThreads);
  const done: ReportInput[] = [];
  let unwritten: unknown;
  for (const { scenario, gates, claims } of plan.runs) {
    const progress = showProgress(context, scenario);
    try {
      const result = await runScenario({
        scenario,
        target: plan.target,
        driver: plan.driver,
        shard: plan.shard,
        attributionRounds: plan.rounds,
        record: plan.record,
        host: context.host,
        env: context.env,
        clock: context.clock,
        signal: context.interrupt.signal,
        onProgress: progress.show,
        onStep: async (soFar) => {
          if (plan.out === undefined) return;
          await writeResult(plan.out, soFar).catch((error: unknown) => (unwritten ??= error));
        },
      });
      done.push({ result, verdict: judge(gates, result), claims: judgeClaims(claims, result) });
    } finally {
      progress.stop();
    }
    if (context.interrupt.signal.aborted) break;
  }
  context.stdout.write(reportAll(plan, done, context));
  const code = worst(done.map(({ result, verdict }) => exitCodeOf(result, verdict, context)));
  if (unwritten === undefined) return code;
  const failure = reportError(unwritten, context, plan.format === 'json');
  return code === ExitCode.ok ? failure : code;
}

async function planBench(names: readonly string[], flags: BenchFlags, context: CliContext): Promise<Plan> {
  const format = flags.json === true ? 'json' : (flags.format ?? 'table');
  const report = findReporter(format);
  const driver = findDriver(flags.driver);
  const rounds = attributionRounds(flags);
  const file = await loadConfig({ path: flags.config, cwd: context.cwd, env: context.env });
  const settings = resolveSettings({ flags, env: context.env, file });
  const added = (flags.gate ?? []).map((expression) => ({ expression, origin: '--gate' }));
  const runs: Planned[] = [];
  for (const name of names) {
    const loaded = await loadScenario(name, { shippedDir: context.scenariosDir, cwd: context.cwd });
    const scenario = withOverrides(loaded, {
      durationMs: flags.duration,
      warmupMs: flags.warmup,
      rate: flags.rate,
      connections: flags.connections,
      instances: flags.instances,
      pipeline: flags.pipeline,
      seed: flags.seed,
      gates: added,
    });
    runs.push({ scenario, ...conditionsOf(scenario, driver, rounds) });
  }
  const shard = shardOf(flags, context.clock.wallMs());
  if (flags.out !== undefined) await checkWritable(flags.out);
  const record = await recordOf(flags, runs, context.cwd);
  const { redis, memcached, database, deadlineMs, connectTimeoutMs } = settings;
  const target = {
    redis: redis.value,
    memcached: memcached.value,
    database: database.value,
    deadlineMs: deadlineMs.value,
    connectTimeoutMs: connectTimeoutMs.value,
  };
  for (const { scenario } of runs) {
    const variants = rounds === undefined ? variantsFor(driver, scenario) : layersOf(scenario);
    checkFailover(scenario, variants, target);
    await checkScenario({ ...scenario, variants }, { target, host: context.host });
  }
  return { runs, target, driver, rounds, format, report, out: flags.out, record, shard };
}

/** @throws CachectlError `BAD_USAGE` when a trace cannot be made of such runs; `BAD_OUTPUT` when not in that folder */
async function recordOf(
  { record, attribute }: BenchFlags,
  runs: readonly Planned[],
  cwd: string,
): Promise<string | undefined> {
  if (record === undefined) return undefined;
  if (attribute === true) {
    throw new CachectlError('BAD_USAGE', '--record and --attribute exclude each other', {
      hint: 'record a run of the variants: leave --attribute out',
    });
  }
  const other = runs.find(({ scenario }) => scenario.kind !== 'load');
  if (runs.length > 1 || other !== undefined) {
    const found = other === undefined ? `${runs.length} scenarios` : `kind: ${other.scenario.kind}`;
    throw new CachectlError('BAD_USAGE', `--record needs one scenario of kind: load, and there is ${found}`);
  }
  const path = resolve(cwd, record);
  await checkWritable(dirname(path));
  return path;
}

/** @throws CachectlError `BAD_USAGE` when one of the two flags is missing, or the start is over */
function shardOf({ shard, startAt }: BenchFlags, nowMs: number): Shard | undefined {
  if (shard === undefined && startAt === undefined) return undefined;
  if (shard !== undefined && startAt !== undefined) {
    if (startAt > nowMs) return { ...shard, startAtMs: startAt };
    throw new CachectlError('BAD_USAGE', `--start-at ${new Date(startAt).toISOString()} is over`, {
      hint: 'give a time that leaves all shards long enough to start, such as a minute from now',
    });
  }
  const [given, missing] = shard === undefined ? ['--start-at', '--shard'] : ['--shard', '--start-at'];
  throw new CachectlError('BAD_USAGE', `${given} needs ${missing}`, {
    hint: 'as in --shard 1/3 --start-at 2026-05-01T12:00:00Z, the same time for all shards',
  });
}

/**
 * Finds, too, what the driver or an attribution cannot do. Both judge variants, so an attribution has none; and claims are
 * those of the engine's variants.
 */
function conditionsOf(
  scenario: Scenario,
  driver: DriverName,
  rounds: number | undefined,
): Omit<Planned, 'scenario'> {
  if (rounds !== undefined) {
    layersOf(scenario);
    return { gates: [], claims: [] };
  }
  const gates = parseGates(scenario.gates);
  const claims = driver === 'engine' ? parseClaims(scenario.claims) : [];
  const ids = variantsFor(driver, scenario).map(({ id }) => id);
  checkGates(gates, ids);
  checkClaims(claims, ids);
  return { gates, claims };
}

const DEFAULT_ROUNDS = 5;
const MOST_ROUNDS = 1000;

/** @throws CachectlError `BAD_USAGE` for flags that an attribution excludes, and for rounds without one */
function attributionRounds({ attribute, rounds, driver, gate }: BenchFlags): number | undefined {
  const wrong = (message: string, hint: string): CachectlError =>
    new CachectlError('BAD_USAGE', message, { hint });
  if (attribute !== true) {
    if (rounds === undefined) return undefined;
    throw wrong('--rounds is only for --attribute', 'add --attribute, or leave --rounds out');
  }
  if (driver !== 'engine') {
    throw wrong(
      `--attribute has a driver for each layer, so --driver ${driver} cannot be had with it`,
      'leave --driver out',
    );
  }
  if (gate !== undefined) {
    throw wrong('--gate judges variants, and --attribute measures layers', 'leave one of the two out');
  }
  if (rounds === undefined) return DEFAULT_ROUNDS;
  if (rounds >= 1 && rounds <= MOST_ROUNDS) return rounds;
  throw wrong(
    `--rounds: expected a whole number from 1 to ${MOST_ROUNDS}; found ${rounds}`,
    'try --rounds 5',
  );
}

function reportAll({ format, report }: Plan, done: readonly ReportInput[], { stdout }: CliContext): string {
  const [only] = done;
  const options = { width: stdout.width, color: stdout.color, unicode: stdout.unicode };
  if (format !== 'json' || (done.length === 1 && only !== undefined)) {
    return done.map((run) => ensureNewline(report(run, options))).join('\n');
  }
  const runs = done.map(({ result, ...judged }) => ({ ...result, ...judged }));
  return ensureNewline(JSON.stringify({ schema: 'cachectl.bench-set/1', runs }, undefined, 2));
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** From the least to the most serious: the exit code of several runs is the most serious one. */
const RANK: readonly ExitCode[] = [
  ExitCode.ok,
  ExitCode.checkFailed,
  ExitCode.untrustworthy,
  ExitCode.unreachable,
  ExitCode.interrupted,
  ExitCode.terminated,
];

function worst(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), ExitCode.ok);
}

/** What the run and its verdict come to. */
export function exitCodeOf(result: RunResult, verdict: Verdict, { interrupt }: CliContext): ExitCode {
  if (result.outcome === 'interrupted') {
    return interrupt.received() === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted;
  }
  if (result.outcome === 'server_lost') return ExitCode.unreachable;
  if (doubtsOf(result).length > 0) return ExitCode.untrustworthy;
  return verdict.passed ? ExitCode.ok : ExitCode.checkFailed;
}
