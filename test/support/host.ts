import { join } from 'node:path';
import type { Host } from '../../src/bench/host.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/** This process as a load generator; its instances run the built program. */
export const HOST: Host = {
  cachectlVersion: '0.0.0',
  nodeVersion: process.version,
  readRssBytes: () => process.memoryUsage.rss(),
  readCpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  instanceProgram: join(REPOSITORY, 'dist', 'bin', 'instance.js'),
  instanceExecArgv: [],
};
