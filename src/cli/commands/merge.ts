import type { MergeFlags } from '../merge-run.ts';
import type { RegisterCommand } from './command.ts';

const EXAMPLES = `
Each shard runs its part of the scenario, on a machine of its own, against the same servers:
  cachectl bench load --shard 1/3 --start-at 2026-05-01T12:00:00Z --redis URL --database URL --out shard-1
  cachectl bench load --shard 2/3 --start-at 2026-05-01T12:00:00Z --redis URL --database URL --out shard-2
  cachectl bench load --shard 3/3 --start-at 2026-05-01T12:00:00Z --redis URL --database URL --out shard-3

Then their results are one, percentiles and all, with the gates of the scenario:
  cachectl merge shard-*/load.json
  cachectl merge shard-*/load.json --out merged --json`;

export const mergeCommand: RegisterCommand = (program, context, onResult) => {
  program
    .command('merge')
    .argument('<result...>', 'result files of all shards of one run')
    .description('join the results of a run that was shared out with bench --shard')
    .option('--gate <expression>', 'as of bench; added to the gates of the scenario; repeatable', collect)
    .option('--out <dir>', 'also write the merged result to this folder')
    .option('--format <name>', 'table or json')
    .option('--json', 'the same as --format json')
    .addHelpText('after', EXAMPLES)
    .action(async (files: readonly string[], flags: MergeFlags) => {
      const { runMerge } = await import('../merge-run.ts');
      onResult(await runMerge(files, flags, context));
    });
};

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
