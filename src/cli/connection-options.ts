import type { Command } from 'commander';
import type { SettingFlags } from '../config/settings.ts';

/** Where to connect: the same flags for every command that talks to servers. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('--redis <url>', 'Redis: redis://[user:password@]host:port[/db], rediss://… for TLS')
    .option('--memcached <servers>', 'Memcached: host:port[,host:port…]')
    .option('--database <url>', 'database: postgres://user:password@host:port/name, or sqlite:/path/file.db')
    .option('--config <file>', 'configuration file (default: ./cachectl.yaml when there is one)')
    .option('--profile <name>', 'profile of the configuration file');
}

export interface ConnectionFlags extends SettingFlags {
  readonly config?: string;
}
