import { spawn } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Supervised } from '../../src/testbed/supervised.ts';

const PROJECT: string = fileURLToPath(new URL('../..', import.meta.url));
const TSC: string = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
  'package.json',
  'bin/tsc',
);
const COMPILER_OPTIONS = {
  noEmit: false,
  noCheck: true,
  declaration: false,
  isolatedDeclarations: false,
  rootDir: 'source',
  outDir: 'built',
};

/** A copy of the sources and of the checker, compiled, in a temporary folder that is removed however we end. */
export interface Compiled {
  /** Where the copied sources lie, to be changed before {@link Compiled.compile}. */
  readonly source: string;
  compile(): Promise<void>;
  /** Runs a module of the copy, by its path without extension; gives its exit code and what it printed. */
  run(module: string, args: readonly string[], onLine?: (line: string) => void): Promise<Ended>;
  remove(): Promise<void>;
}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** What would distort a test of the engine's speed or order is left out: no loader, no names kept, no stack traces. */
const NODE_OPTIONS = ['--stack-trace-limit=0', '--max-semi-space-size=64'];

/** A process that is started with this ends when the pipe to it does: with us, however we end. */
const ENDS_WITH_US = `
  import { stdin } from 'node:process';
  stdin.once('close', () => process.exit(1)).resume().unref();
`;

export async function copySources(): Promise<Compiled> {
  const supervised = await Supervised.start('coherence');
  const folder = supervised.dir;
  const source = join(folder, 'source');
  for (const part of ['src', 'test/coherence']) {
    cpSync(join(PROJECT, part), join(source, part), { recursive: true });
  }
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(PROJECT, file), join(source, file));
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const project = join(folder, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: './source/tsconfig.json',
      compilerOptions: COMPILER_OPTIONS,
      include: ['source/src/**/*.ts', 'source/test/coherence/**/*.ts'],
      exclude: ['**/*.test.ts'],
    }),
  );
  const node = (args: readonly string[], onLine?: (line: string) => void): Promise<Ended> =>
    runNode(args, folder, onLine);
  return {
    source,
    async compile() {
      const { code, output } = await node([TSC, '-p', project]);
      if (code !== 0) throw new Error(`the copy does not compile:\n${output}`);
      writeFileSync(join(folder, 'built', 'package.json'), '{"type":"module"}');
    },
    run: (module, args, onLine) =>
      node([...NODE_OPTIONS, join(folder, 'built', `${module}.js`), ...args], onLine),
    remove: () => supervised.stop(),
  };
}

function runNode(args: readonly string[], cwd: string, onLine?: (line: string) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const bound = ['--import', `data:text/javascript,${encodeURIComponent(ENDS_WITH_US)}`, ...args];
    const child = spawn(process.execPath, bound, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let rest = '';
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
