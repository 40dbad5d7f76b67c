import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Performed, recordFile, RunRecorder } from '../../../../src/bench/replay/recorder.ts';

const directory = mkdtempSync(join(tmpdir(), 'recorder-'));
afterAll(() => rmSync(directory, { recursive: true }));

const GET: Performed = { timeMs: 1500, key: 'k', operation: 'getOrLoad', valueBytes: 30, ttlMs: 5000 };

test('operations are lines of a trace; only a set has a time to live', async () => {
  const file = join(directory, 'some.csv');
  const recorder = new RunRecorder(file);
  recorder.note(GET);
  recorder.note({ ...GET, operation: 'set' });
  recorder.note({ ...GET, operation: 'delete', ttlMs: undefined });
  expect(await recorder.close()).toEqual([]);
  expect(readFileSync(file, 'utf8')).toBe('1,k,1,30,,get,0\n1,k,1,30,,set,5\n1,k,1,30,,delete,0\n');
});

test('a touch, for which the format has no word, is left out, and that is told', async () => {
  const file = join(directory, 'touch.csv');
  const recorder = new RunRecorder(file);
  recorder.note({ ...GET, operation: 'multiGet' });
  recorder.note({ ...GET, operation: 'touch' });
  recorder.note({ ...GET, operation: 'incr' });
  expect(await recorder.close()).toMatchObject([
    { code: 'trace_altered', message: expect.stringMatching(/without the touches of the run \(1\)/) },
  ]);
  expect(readFileSync(file, 'utf8')).toBe('1,k,1,30,,get,0\n1,k,1,30,,incr,0\n');
});

test('with more waiting for the disk than it may, the recording ends, is whole up to there, and says so', async () => {
  const file = join(directory, 'slow.csv');
  const recorder = new RunRecorder(file, 1_000_000);
  // Without a turn of the event loop nothing gets to the disk.
  for (let i = 0; i < 200_000; i++) recorder.note({ ...GET, key: `key${i}` });
  const [warning] = await recorder.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(warning).toMatchObject({ code: 'recording_stopped', message: expect.stringContaining('too slow') });
  expect(lines.length).toBeGreaterThan(10_000);
  expect(lines.length).toBeLessThan(150_000);
  expect(lines.every((line, i) => line === `1,key${i},${`key${i}`.length},30,,get,0`)).toBe(true);
});

test('a file that cannot be written ends the recording, and nothing else', async () => {
  const recorder = new RunRecorder(join(directory, 'no', 'such', 'folder.csv'));
  for (let i = 0; i < 10_000; i++) recorder.note(GET);
  expect(await recorder.close()).toMatchObject([{ code: 'recording_stopped' }]);
  expect(existsSync(join(directory, 'no'))).toBe(false);
});

test.for([
  ['run.csv', ['redis'], 'run.redis.csv'],
  ['/a.b/run', ['redis', 2], '/a.b/run.redis.2'],
  ['run.csv', [], 'run.csv'],
  ['/tmp/.hidden', [1], '/tmp/.hidden.1'],
] as const)('the file of a part: %s %s', ([path, parts, expected]) => {
  expect(recordFile(path, parts)).toBe(expected);
});
