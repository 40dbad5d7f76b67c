import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CachectlError } from '../../../src/base/errors.ts';
import { listScenarios, loadScenario } from '../../../src/config/scenario-file.ts';
import { errorOf } from './error-of.ts';

const MINIMAL = 'name: x\nkind: load\n';

let dir = '';
const places = (): { shippedDir: string; cwd: string } => ({ shippedDir: join(dir, 'shipped'), cwd: dir });
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'scenario-file-'));
  await mkdir(join(dir, 'shipped', 'smoke'), { recursive: true });
  await writeFile(join(dir, 'shipped', 'quickstart.yaml'), MINIMAL);
  await writeFile(join(dir, 'shipped', 'smoke', 'load.yaml'), MINIMAL);
  await writeFile(join(dir, 'mine.yaml'), 'name: mine\nkind: load\n');
});
afterAll(() => rm(dir, { recursive: true }));

async function failureOf(name: string): Promise<CachectlError> {
  const error: unknown = await loadScenario(name, places()).catch((reason: unknown) => reason);
  return errorOf(() => {
    throw error;
  }, 'BAD_SCENARIO');
}

test('a shipped name, a nested one, a relative and an absolute path', async () => {
  expect((await loadScenario('quickstart', places())).file).toBe(join('shipped', 'quickstart.yaml'));
  expect((await loadScenario('smoke/load', places())).file).toBe(join('shipped', 'smoke', 'load.yaml'));
  expect((await loadScenario('mine.yaml', places())).name).toBe('mine');
  expect((await loadScenario(join(dir, 'mine.yaml'), { ...places(), cwd: '/' })).name).toBe('mine');
});

test('an unknown name gives the nearest, and all there are', async () => {
  const error = await failureOf('smoke/laod');
  expect(error.message).toBe("there is no scenario 'smoke/laod', did you mean 'smoke/load'?");
  expect(error.hint).toContain('quickstart, smoke/load');
});

test('a path that does not exist, and a folder', async () => {
  expect((await failureOf('./none.yaml')).message).toBe("there is no scenario file './none.yaml'");
  expect((await failureOf('shipped')).message).toBe("'shipped' is a folder, not a scenario file");
});

test('all shipped scenarios are listed by name', async () => {
  const scenarios = await listScenarios(places().shippedDir);
  expect(scenarios.map(({ file }) => file)).toEqual(['quickstart.yaml', join('smoke', 'load.yaml')]);
  await expect(listScenarios(join(dir, 'none'))).rejects.toThrow('cannot be read');
});
