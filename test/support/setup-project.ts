import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const REPOSITORY = dirname(dirname(import.meta.dirname));

/** Stands for cachectl: says its arguments; `--wait` waits for a signal, `--exit N` ends with that code. */
const PROGRAM = `
declare const process: any;
const args: string[] = process.argv.slice(2);
const at = args.indexOf('--exit');
if (at !== -1) process.exitCode = Number(args[at + 1]);
if (args.includes('--wait')) {
  let signals = 0;
  const timer = setTimeout(() => process.exit(99), 15_000);
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    process.on(signal, () => {
      signals++;
      clearTimeout(timer);
      setTimeout(() => {
        process.stdout.write(signal + ' ' + signals + '\\n');
        process.exit(code);
      }, 300);
    });
  }
}
process.stdout.write(JSON.stringify(args) + '\\n');
export {};
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: [],
    skipLibCheck: true,
  },
  include: ['bin/**/*.ts', 'src/**/*.ts'],
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Arguments of Node before the script. */
  readonly node?: readonly string[];
  /** Put before the command line, as `setpriv` is. */
  readonly prefix?: readonly string[];
  /** Is given the process as soon as it has printed something on stdout. */
  readonly onOutput?: (child: ChildProcess) => void;
}

/** A small project with the real bootstrap and real tools, in a folder of its own. */
export class SetupProject {
  readonly root: string;
  /** Holds stand-ins for all server programs; they are looked for and never started. */
  readonly servers: string;
  readonly home: string;

  /** `packages` of the repository are linked into its node_modules, as npm would note it. */
  constructor(packages: readonly string[] = ['typescript']) {
    const folder = mkdtempSync(join(tmpdir(), 'cachectl-setup-'));
    chmodSync(folder, 0o755);
    this.root = join(folder, 'project');
    this.servers = join(folder, 'servers');
    this.home = join(folder, 'home');
    for (const made of [this.root, this.servers, this.home]) mkdirSync(made);
    for (const program of ['redis-server', 'memcached', 'postgres', 'initdb']) {
      executable(join(this.servers, program), 'exit 99');
    }
    cpSync(join(REPOSITORY, 'bin', 'setup.mjs'), join(this.root, 'bin', 'setup.mjs'));
    cpSync(join(REPOSITORY, 'bin', 'setup'), join(this.root, 'bin', 'setup'), { recursive: true });
    this.write('bin/cachectl.ts', PROGRAM);
    this.write('src/one.ts', 'export const one = 1;\n');
    this.write('tsconfig.json', json(TSCONFIG));
    this.write(
      'tsconfig.build.json',
      json({
        ...TSCONFIG,
        compilerOptions: { ...TSCONFIG.compilerOptions, noEmit: false, rootDir: '.', outDir: 'dist' },
      }),
    );
    this.#writePackages(packages);
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  edit(file: string, change: (text: string) => string): void {
    this.write(file, change(readFileSync(this.path(file), 'utf8')));
  }

  remove(): void {
    rmSync(dirname(this.root), { recursive: true, force: true });
  }

  /** Runs the bootstrap without a terminal and with stdin closed. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const line = [
      ...(options.prefix ?? []),
      ...[process.execPath, ...(options.node ?? []), this.path('bin', 'setup.mjs'), ...args],
    ];
    const { PATH, npm_execpath } = process.env;
    const env = {
      ...{ PATH, npm_execpath, HOME: this.home, CI: 'true', CACHECTL_SERVER_PATH: this.servers },
      ...options.env,
    };
    return finished(line, env, options.onOutput);
  }

  #writePackages(packages: readonly string[]): void {
    const found = packages.map((name) => {
      const target = realpathSync(join(REPOSITORY, 'node_modules', name));
      return { name, at: relative(realpathSync(this.root), target) };
    });
    const devDependencies = Object.fromEntries(found.map(({ name, at }) => [name, `file:${at}`]));
    const installed: Record<string, unknown> = {};
    mkdirSync(this.path('node_modules'));
    for (const { name, at } of found) {
      installed[`node_modules/${name}`] = { resolved: at, link: true };
      symlinkSync(join('..', at), this.path('node_modules', name));
    }
    const top = { name: 'sample', version: '1.0.0' };
    this.write('package.json', json({ ...top, type: 'module', devDependencies }));
    const head = { ...top, lockfileVersion: 3, requires: true };
    const targets = Object.fromEntries(found.map(({ at }) => [at, { version: '0.0.0', dev: true }]));
    this.write(
      'package-lock.json',
      json({ ...head, packages: { '': { ...top, devDependencies }, ...targets, ...installed } }),
    );
    this.write('node_modules/.package-lock.json', json({ ...head, packages: { ...targets, ...installed } }));
  }
}

/** Writes a shell script. */
export function executable(file: string, script: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function finished(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  onOutput?: (child: ChildProcess) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? '', args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    if (onOutput !== undefined) child.stdout.once('data', () => onOutput(child));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
