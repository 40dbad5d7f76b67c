import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { type Environment, findServer, type ServerProgram } from '../../../src/testbed/binaries.ts';

const folder = mkdtempSync(join(tmpdir(), 'cachectl-binaries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAMS: readonly ServerProgram[] = ['redis-server', 'memcached', 'postgres', 'initdb'];

function program(...path: readonly string[]): string {
  const file = join(folder, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
  return file;
}

function listOfUnpacked(home: string, text: string): void {
  mkdirSync(join(folder, home, 'cachectl'), { recursive: true });
  writeFileSync(join(folder, home, 'cachectl', 'servers.json'), text);
}

const first = program('first', 'redis-server');
const second = program('second', 'memcached');
program('second', 'redis-server');
const unpacked = program('unpacked', 'memcached');
mkdirSync(join(folder, 'first', 'memcached'));
const notExecutable = program('third', 'memcached');
chmodSync(notExecutable, 0o644);
listOfUnpacked('good', JSON.stringify({ memcached: { path: unpacked, libraryPath: '/some/lib' } }));
listOfUnpacked('gone', JSON.stringify({ memcached: { path: join(folder, 'gone') } }));
listOfUnpacked('damaged', '{"memcached": ');
listOfUnpacked('other', '{"memcached": 7}');

const only = (...names: readonly string[]): string => names.map((name) => join(folder, name)).join(':');
const cache = (name: string): string => join(folder, name);

const ENVIRONMENTS: Readonly<Record<string, Environment>> = {
  'the given folders, in order': {
    CACHECTL_SERVER_PATH: only('first', 'second'),
    XDG_CACHE_HOME: cache('none'),
  },
  'folders and files that are not executable': { CACHECTL_SERVER_PATH: only('first', 'third', 'second') },
  'unpacked programs': { CACHECTL_SERVER_PATH: '', XDG_CACHE_HOME: cache('good') },
  'an unpacked program that vanished': { CACHECTL_SERVER_PATH: '', XDG_CACHE_HOME: cache('gone') },
  'a damaged list of unpacked programs': { CACHECTL_SERVER_PATH: '', XDG_CACHE_HOME: cache('damaged') },
  'a list of another shape': { CACHECTL_SERVER_PATH: '', XDG_CACHE_HOME: cache('other') },
  'PATH before the usual folders': { PATH: only('second', 'first'), XDG_CACHE_HOME: cache('none') },
  'the usual folders alone': { PATH: '', XDG_CACHE_HOME: '', HOME: cache('none') },
};

function found(name: ServerProgram, env: Environment): string | null {
  try {
    return findServer(name, env).path;
  } catch {
    return null;
  }
}

test('programs are found on the given path, else among those that set-up unpacked', () => {
  const given = ENVIRONMENTS['the given folders, in order'] ?? {};
  expect(findServer('redis-server', given)).toEqual({ path: first });
  expect(findServer('memcached', given)).toEqual({ path: second });
  expect(findServer('memcached', ENVIRONMENTS['folders and files that are not executable'] ?? {})).toEqual({
    path: second,
  });
  expect(findServer('memcached', ENVIRONMENTS['unpacked programs'] ?? {})).toEqual({
    path: unpacked,
    libraryPath: '/some/lib',
  });
});

test('a program that is nowhere is an error with every way to get it', () => {
  for (const name of ['gone', 'damaged', 'other', 'none']) {
    const env = { CACHECTL_SERVER_PATH: '', XDG_CACHE_HOME: cache(name) };
    expect(() => findServer('memcached', env)).toThrow(
      expect.objectContaining({ code: 'SERVER_NOT_STARTED', hint: expect.stringContaining('--memcached') }),
    );
  }
});

test('the bootstrap and the program search alike', () => {
  const module = pathToFileURL(join(import.meta.dirname, '../../../bin/setup/find.mjs')).href;
  const script = `
    const { findServer } = await import(${JSON.stringify(module)});
    const search = (env) => ${JSON.stringify(PROGRAMS)}.map((program) => findServer(program, env) ?? null);
    console.log(JSON.stringify(${JSON.stringify(Object.values(ENVIRONMENTS))}.map(search)));`;
  const bootstrap: unknown = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  );
  const own = Object.values(ENVIRONMENTS).map((env) => PROGRAMS.map((name) => found(name, env)));
  expect(bootstrap).toEqual(own);
});
