import type { Command } from 'commander';
import { isCachectlError } from '../../base/errors.ts';
import { ExitCode } from '../../base/exit-codes.ts';
import { reportError } from '../error-text.ts';
import type { RegisterCommand } from './command.ts';

const EXAMPLES = `
Examples:
  cachectl scenarios                       list the scenarios that come with cachectl
  cachectl scenarios show quickstart       one of them with every default filled in
  cachectl scenarios check my.yaml         check a file of your own; all problems at once
  cachectl scenarios presets               published workloads that a scenario can name`;

export const scenariosCommand: RegisterCommand = (program, context, onResult) => {
  const places = { shippedDir: context.scenariosDir, cwd: context.cwd };
  const scenarios: Command = program
    .command('scenarios')
    .description('list, explain and check scenario files')
    .addHelpText('after', EXAMPLES);

  scenarios
    .command('list', { isDefault: true })
    .description('list the scenarios that come with cachectl')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const { listScenarios } = await import('../../config/scenario-file.ts');
      const { lengthOf } = await import('../../config/kinds/registry.ts');
      const found = (await listScenarios(context.scenariosDir)).map((scenario) => ({
        name: scenario.file.replace(/\.yaml$/, ''),
        kind: scenario.kind,
        title: scenario.title,
        seconds: lengthOf(scenario) / 1000,
      }));
      if (json === true) {
        context.stdout.write(
          `${JSON.stringify({ schema: 'cachectl.scenarios/1', scenarios: found }, undefined, 2)}\n`,
        );
        return;
      }
      const width = Math.max(...found.map(({ name }) => name.length));
      for (const { name, title, seconds } of found) {
        context.stdout.write(
          `${name.padEnd(width)}  ${String(Math.ceil(seconds)).padStart(4)} s  ${title}\n`,
        );
      }
    });

  scenarios
    .command('show <scenario>')
    .description('print a scenario with every default filled in')
    .action(async (name: string) => {
      const { loadScenario } = await import('../../config/scenario-file.ts');
      const scenario = await loadScenario(name, places);
      context.stdout.write(
        `${JSON.stringify({ schema: 'cachectl.scenario/1', ...scenario }, undefined, 2)}\n`,
      );
    });

  scenarios
    .command('check <files...>')
    .description('check scenario files')
    .action(async (files: readonly string[]) => {
      const { loadScenario } = await import('../../config/scenario-file.ts');
      const { checkClaims, parseClaims } = await import('../../gate/claims/parse.ts');
      const { checkGates, parseGates } = await import('../../gate/parse.ts');
      for (const file of files) {
        try {
          const { gates, claims, variants } = await loadScenario(file, places);
          const ids = variants.map(({ id }) => id);
          checkGates(parseGates(gates), ids);
          checkClaims(parseClaims(claims), ids);
          context.stdout.write(`${file}: ok\n`);
        } catch (error) {
          if (!isCachectlError(error)) throw error;
          onResult(reportError(error, context, false) === ExitCode.usage ? ExitCode.usage : error.exitCode);
        }
      }
    });

  scenarios
    .command('presets')
    .description('list the published workloads, and what their publications leave open')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const { describePresets, presetLines } = await import('../preset-list.ts');
      const presets = describePresets();
      context.stdout.write(
        json === true
          ? `${JSON.stringify({ schema: 'cachectl.presets/1', presets }, undefined, 2)}\n`
          : presetLines(presets),
      );
    });
};
