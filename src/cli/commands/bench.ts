import type { BenchFlags } from '../bench-flags.ts';
import { addConnectionOptions } from '../connection-options.ts';
import { countOption, durationOption, rateOption, shardOption, timeOption } from '../quantities.ts';
import type { RegisterCommand } from './command.ts';

const EXAMPLES = `
With no server given, bench starts private ones for the run and stops them after it. Given servers are
touched only under keys and tables of the run's own, which are taken away at the end.

Examples:
  cachectl bench                                     the quickstart: no cache, each tier alone, all tiers
  cachectl bench load --rate 5000 --duration 30s     open loop: 5,000 operations a second, honest latencies
  cachectl bench my.yaml --redis redis://10.0.0.5    a scenario of your own on your own Redis
  cachectl bench load --gate 'latency.p99 < 5ms' --gate 'hit_ratio >= 90%'
                                                     exit code 3 when a gate fails: for CI
  cachectl bench load --driver raw --pipeline 16     the server without a client: bytes on sockets
  cachectl bench --attribute                         what sockets, client, engine and each tier cost
  cachectl bench trace                               replays recorded requests
  cachectl bench quickstart --json > result.json     one JSON document on stdout`;

export const benchCommand: RegisterCommand = (program, context, onResult) => {
  const command = program
    .command('bench')
    .argument('[scenario...]', 'names of shipped scenarios, or files (default: quickstart)')
    .description('run scenarios against real servers and report latency, hit ratios and memory')
    .option('--duration <time>', 'measured time of each variant, such as 30s', durationOption)
    .option('--warmup <time>', 'time before that which is not measured', durationOption)
    .option(
      '--rate <rate>',
      'operations per second, such as 2000 or 5k/s: makes the load an open loop',
      rateOption,
    )
    .option('--connections <n>', 'connections: callers at once in a closed loop', countOption)
    .option('--instances <n>', 'application instances that share the load, each a process', countOption)
    .option('--seed <n>', 'seed of the workload: the same one gives the same operations', countOption)
    .option('--driver <name>', 'engine; or a bare client for comparison: raw, ioredis or memjs', 'engine')
    .option('--pipeline <n>', 'operations in flight on each connection of a closed loop', countOption)
    .option('--attribute', 'tell what each layer costs, from raw sockets to all tiers of the last variant')
    .option('--rounds <n>', 'how often --attribute runs each layer (default: 5)', countOption)
    .option(
      '--gate <expression>',
      "fail when it does not hold, such as 'latency.p99 < 5ms'; repeatable",
      collect,
    )
    .option('--shard <i/n>', 'run only this part, on one of n machines; see cachectl merge', shardOption)
    .option('--start-at <time>', 'when all shards begin, such as 2026-05-01T12:00:00Z', timeOption)
    .option(
      '--record <file>',
      'also write the operations as a trace, which a scenario can replay (kind load)',
    )
    .option('--out <dir>', 'also write each result to this folder, after every step')
    .option('--format <name>', 'table or json')
    .option('--json', 'the same as --format json')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: readonly string[], flags: BenchFlags) => {
      const { runBench } = await import('../bench-run.ts');
      const preset = flags.attribute === true ? 'attribution' : 'quickstart';
      onResult(await runBench(scenarios.length === 0 ? [preset] : scenarios, flags, context));
    });
  addConnectionOptions(command);
};

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
