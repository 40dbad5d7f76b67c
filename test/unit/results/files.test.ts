import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json } from '../../../src/report/json.ts';
import { readResult } from '../../../src/results/read.ts';
import { checkWritable, resultFileName, writeResult } from '../../../src/results/write.ts';
import { runOf, SPECS } from '../report/fixture.ts';

const result = runOf(SPECS.slice(0, 2));
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cachectl-results-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text);
  return file;
}

describe('writeResult', () => {
  test('is read back as it was written, and leaves nothing else', async () => {
    const out = join(dir, 'round-trip');
    await mkdir(out);
    const file = await writeResult(out, result);
    expect(file).toBe(join(out, 'quickstart.json'));
    expect(await readResult(file)).toEqual(result);
    await writeResult(out, { ...result, outcome: 'interrupted' });
    expect((await readResult(file)).outcome).toBe('interrupted');
    expect(await readdir(out)).toEqual(['quickstart.json']);
  });

  test('replaces a file instead of writing into it: who reads the old one reads it whole', async () => {
    const reader = await open(await writeResult(dir, result));
    try {
      await writeResult(dir, { ...result, variants: [], outcome: 'interrupted' });
      expect(JSON.parse(await reader.readFile('utf8'))).toEqual(result);
    } finally {
      await reader.close();
    }
  });

  test('leaves out what is not a number', async () => {
    const [first] = result.variants;
    if (first === undefined) throw new Error('the fixture has no variant');
    const variants = [{ ...first, metrics: { throughput: 3, hit_ratio: Number.NaN } }];
    const file = await writeResult(dir, { ...result, variants });
    expect((await readResult(file)).variants[0]?.metrics).toEqual({ throughput: 3 });
  });

  test('says why it cannot, keeps what stood there and leaves no temporary file', async () => {
    const out = join(dir, 'blocked');
    await mkdir(join(out, 'quickstart.json', 'kept'), { recursive: true });
    await expect(writeResult(out, result)).rejects.toMatchObject({
      code: 'BAD_OUTPUT',
      message: expect.stringContaining(join(out, 'quickstart.json')),
    });
    expect(await readdir(out)).toEqual(['quickstart.json']);
    await expect(writeResult(join(dir, 'nowhere'), result)).rejects.toMatchObject({
      code: 'BAD_OUTPUT',
      message: expect.stringContaining('there is no such directory'),
    });
  });

  test.each([
    ['quickstart', 'quickstart.json'],
    ['adr-006/stampede', 'adr-006-stampede.json'],
    ['../../etc/passwd', 'etc-passwd.json'],
    ['..', 'result.json'],
    ['Grüße und mehr', 'Gr-e-und-mehr.json'],
  ])('a scenario named %s has the file %s', (name, file) => {
    expect(resultFileName(name)).toBe(file);
  });
});

describe('checkWritable', () => {
  test('makes a missing directory and leaves it empty', async () => {
    const out = join(dir, 'new', 'deep');
    await checkWritable(out);
    expect(await readdir(out)).toEqual([]);
  });

  test('refuses a file, with what to do', async () => {
    const file = await fileWith('file', '');
    await expect(checkWritable(file)).rejects.toMatchObject({
      code: 'BAD_OUTPUT',
      message: `cannot write results to ${file}: it is a file`,
      hint: 'Pass --out with a directory.',
    });
    await expect(checkWritable(join(file, 'below'))).rejects.toMatchObject({
      message: expect.stringContaining('a part of the path is a file'),
    });
  });

  test('refuses where nobody may write', async () => {
    await expect(checkWritable('/proc/cachectl')).rejects.toMatchObject({
      code: 'BAD_OUTPUT',
      message: 'cannot write results to /proc/cachectl: there is no such directory',
    });
  });

  test('refuses a disk with too little room', async () => {
    await expect(checkWritable(dir, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'BAD_OUTPUT',
      message: expect.stringMatching(/only .* are free/),
      hint: expect.stringContaining('Make room'),
    });
  });
});

describe('readResult', () => {
  test('reads what --json printed, verdict and all', async () => {
    const text = json({ result, verdict: { passed: true, gates: [] } }, { width: 80, color: false });
    expect(await readResult(await fileWith('printed.json', text))).toEqual(result);
  });

  test.each([
    ['empty', '', 'is empty'],
    ['cut off', '{"schema":"cachectl.bench/1","cachectl":"0.1', 'is cut off'],
    ['no JSON', 'throughput 12', 'is not JSON'],
    ['no result', '{"a":1}', "has no 'schema'"],
    ['no object', '[1]', "has no 'schema'"],
    ['of another command', '{"schema":"cachectl.inspect/1"}', "its schema is 'cachectl.inspect/1'"],
    ['of another release', '{"schema":"cachectl.bench/2"}', 'this release reads cachectl.bench/1'],
    ['without its contents', '{"schema":"cachectl.bench/1"}', 'is damaged at'],
  ])('refuses a file that is %s', async (what, text, message) => {
    const file = await fileWith(`${what}.json`, text);
    await expect(readResult(file)).rejects.toMatchObject({
      code: 'BAD_RESULT',
      message: expect.stringContaining(message),
    });
  });

  test('names the place of damage', async () => {
    const whole = await readFile(await writeResult(dir, result), 'utf8');
    const file = await fileWith('damaged.json', whole.replace('"cores": 2', '"cores": "two"'));
    await expect(readResult(file)).rejects.toMatchObject({
      problems: [{ file, key: 'environment.cores' }],
    });
  });

  test('refuses what is missing or a directory', async () => {
    await expect(readResult(join(dir, 'none'))).rejects.toMatchObject({
      message: expect.stringContaining('does not exist'),
    });
    await expect(readResult(dir)).rejects.toMatchObject({
      message: expect.stringContaining('is a directory'),
    });
  });
});
