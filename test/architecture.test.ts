import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { violations } from './architecture/laws.ts';
import { readSource } from './architecture/source.ts';

const check = (...files: readonly (readonly [path: string, text: string])[]): readonly string[] =>
  violations(files.map(([path, text]) => readSource(path, text)));

describe('the laws see what they forbid', () => {
  const planted: readonly (readonly [what: string, path: string, text: string])[] = [
    ['an import from a higher floor', 'src/engine/a.ts', `import { x } from '../cli/b.ts';`],
    ['a type import from a higher floor', 'src/base/a.ts', `import type { X } from '../engine/b.ts';`],
    ['an inline type import from a higher floor', 'src/base/a.ts', `let x: import('../engine/b.ts').X;`],
    ['a dynamic import from a higher floor', 'src/report/a.ts', `await import('../bench/b.ts');`],
    ['an import from a folder on the same floor', 'src/bench/a.ts', `import { x } from '../ops/b.ts';`],
    ['a folder on no floor', 'src/misc/a.ts', `export const x = 1;`],
    ['a folder named utils', 'src/base/utils/a.ts', `export const x = 1;`],
    ['a barrel', 'src/base/a.ts', `export * from './b.ts';`],
    ['a file of 301 lines', 'src/base/a.ts', 'x;\n'.repeat(301)],
    ['commander below the cli', 'src/bench/a.ts', `import { Command } from 'commander';`],
    ['ioredis outside its backend', 'src/testbed/a.ts', `import { Redis } from 'ioredis';`],
    ['a part of ioredis', 'src/backends/memory/a.ts', `import type { X } from 'ioredis/built/utils';`],
    ['memjs outside its backend', 'src/backends/redis/a.ts', `import memjs from 'memjs';`],
    ['pg outside its adapter', 'src/backends/database/tier.ts', `import pg from 'pg';`],
    ['the SQLite driver outside its adapter', 'src/backends/database/tier.ts', `import D from 'libsql';`],
    ['cli-table3 outside report', 'src/cli/a.ts', `import Table from 'cli-table3';`],
    ['HDR histograms outside metrics and results', 'src/report/a.ts', `import h from 'hdr-histogram-js';`],
    ['child processes outside testbed', 'src/cli/a.ts', `import { spawn } from 'node:child_process';`],
    ['child processes by the old name', 'src/cli/a.ts', `import { spawn } from 'child_process';`],
    ['process outside bin', 'src/cli/a.ts', `process.exit(1);`],
    ['process as a value', 'src/cli/a.ts', `const p = { process };`],
    ['process by import', 'src/cli/a.ts', `import { exit } from 'node:process';`],
    ['console outside bin', 'src/report/a.ts', `console.log(1);`],
    ['the wall clock outside base', 'src/engine/a.ts', `const t = Date.now();`],
    ['the wall clock by new Date()', 'src/engine/a.ts', `const t = new Date();`],
    ['the monotonic clock outside base', 'src/bench/a.ts', `const t = performance.now();`],
    ['a clock function as a value', 'src/bench/a.ts', `const now = performance.now;`],
    ['unseeded randomness outside base', 'src/workload/a.ts', `const x = Math.random();`],
  ];
  test.each(planted)('%s', (_what, path, text) => {
    expect(check([path, text])).not.toEqual([]);
  });

  test('an import cycle, through types too', () => {
    const found = check(
      ['src/base/a.ts', `import type { B } from './b.ts';`],
      ['src/base/b.ts', `import { c } from './c.ts';`],
      ['src/base/c.ts', `import { a } from './a.ts';`],
    );
    expect(found).toEqual([expect.stringContaining('import cycle')]);
  });

  test('a file that does not parse', () => {
    expect(() => check(['src/base/a.ts', 'const = ;'])).toThrow('src/base/a.ts');
  });

  test('and allow what is allowed', () => {
    expect(
      check(
        [
          'bin/cachectl.ts',
          `import { main } from '../src/cli/main.ts'; process.exitCode = 1; console.log(main);`,
        ],
        ['src/cli/main.ts', `import { Command } from 'commander'; import { run } from '../bench/run.ts';`],
        ['src/bench/run.ts', `const o = { process: 1, console: 2 }; o.process; Math.max(1); new Date(0);`],
        ['src/base/clock.ts', `Date.now(); performance.now(); Math.random();`],
        ['src/engine/index.ts', `export { x } from './x.ts';`],
        ['src/engine/x.ts', `export const x = 1;`],
      ),
    ).toEqual([]);
  });
});

test('the house keeps its laws', () => {
  const paths = ['bin', 'src'].flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${top}/${name}`),
  );
  const sources = paths.map((path) => readSource(path, readFileSync(path, 'utf8')));
  expect(sources.length).toBeGreaterThan(40);
  expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(30);
  expect(violations(sources)).toEqual([]);
});
