import { arch, cpus, platform, totalmem } from 'node:os';
import type { ProcessReadings } from '../metrics/process-samplers.ts';
import type { Environment } from '../results/run-result.ts';

/** The process that generates the load, as far as it must be told from outside. */
export interface Host extends ProcessReadings {
  readonly cachectlVersion: string;
  readonly nodeVersion: string;
  /** The program of an application instance, and what Node needs to run it. */
  readonly instanceProgram: string;
  readonly instanceExecArgv: readonly string[];
}

export function describeHost({ nodeVersion }: Host): Omit<Environment, 'servers'> {
  const cores = cpus();
  return {
    node: nodeVersion,
    platform: `${platform()} ${arch()}`,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
  };
}
