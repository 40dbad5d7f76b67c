import type { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags } from '../connection-options.ts';
import type { RegisterCommand } from './command.ts';

const EXAMPLES = `
Examples:
  cachectl config show                     every setting and where it comes from; secrets are hidden
  cachectl config show --profile staging --json`;

export const configCommand: RegisterCommand = (program, context) => {
  const config: Command = program
    .command('config')
    .description('show the settings and where each comes from')
    .addHelpText('after', EXAMPLES);

  addConnectionOptions(config.command('show', { isDefault: true }))
    .description('print every setting, its value and its origin; secrets are hidden')
    .option('--json', 'print one JSON document')
    .action(async (flags: ConnectionFlags & { readonly json?: boolean }) => {
      const { loadConfig } = await import('../../config/config-file.ts');
      const { resolveSettings } = await import('../../config/settings.ts');
      const { describeSettings } = await import('../../config/describe-settings.ts');
      const file = await loadConfig({ path: flags.config, cwd: context.cwd, env: context.env });
      const lines = describeSettings(resolveSettings({ flags, env: context.env, file }));
      if (flags.json === true) {
        context.stdout.write(
          `${JSON.stringify({ schema: 'cachectl.config/1', settings: lines }, undefined, 2)}\n`,
        );
        return;
      }
      const nameWidth = Math.max(...lines.map(({ name }) => name.length));
      const valueWidth = Math.min(40, Math.max(...lines.map(({ value }) => value.length)));
      for (const { name, value, from, where } of lines) {
        const origin = from === 'default' ? 'default' : `${from}, ${where}`;
        context.stdout.write(
          `${name.padEnd(nameWidth)}  ${(value === '' ? '–' : value).padEnd(valueWidth)}  ${origin}\n`,
        );
      }
    });
};
