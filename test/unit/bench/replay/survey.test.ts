import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkScenario, prepareScenario } from '../../../../src/bench/prepare.ts';
import { parseScenario } from '../../../../src/config/scenario-file.ts';
import type { Scenario } from '../../../../src/config/scenario.ts';
import { HOST } from '../../../support/host.ts';

const directory = mkdtempSync(join(tmpdir(), 'survey-'));
afterAll(() => rmSync(directory, { recursive: true }));

function scenarioOf(name: string, trace: string, more = ''): Scenario {
  const file = join(directory, name);
  return parseScenario(
    `name: x\nkind: load\nwarmup: 0ms\n${more}\ntrace: { file: ${file}, ${trace} }\n`,
    'x.yaml',
  );
}

function write(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

const PLACE = { target: {}, host: HOST };
const second = (at: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `${at},key${i},4,100,,get,0\n`).join('');

test('the keys are those of the trace, and its pace gives the rate', async () => {
  const name = write('paced.csv', second(0, 100) + second(1, 50) + second(2, 10) + second(4, 40));
  const { scenario, warnings } = await prepareScenario(scenarioOf(name, 'pace: recorded, speed: 2'), PLACE);
  expect(scenario.keyspace.keys).toBe(100);
  expect(scenario.load).toMatchObject({ model: 'open', rate: 200 / 2 });
  expect(warnings).toEqual([]);
});

test('keys have the length that their number needs', async () => {
  const name = write('many.csv', second(0, 1000));
  const scenario = scenarioOf(name, 'pace: unpaced', 'keyspace: { keys: 10, key_size: 1B }');
  expect((await prepareScenario(scenario, PLACE)).scenario.keyspace).toMatchObject({
    keys: 1000,
    keyBytes: 3,
  });
});

test('what cannot be reached in the time is not read', async () => {
  const name = write('long.csv', second(0, 10) + second(1, 20) + second(9, 30_000) + 'no trace\n');
  const paced = await prepareScenario(
    scenarioOf(name, 'pace: recorded, max_malformed: 0', 'duration: 1500ms'),
    PLACE,
  );
  expect(paced.scenario.keyspace.keys).toBe(20);
  const rated = await prepareScenario(
    scenarioOf(name, 'pace: rate, rate: 10/s, max_malformed: 0', 'duration: 500ms'),
    PLACE,
  );
  expect(rated.scenario.keyspace.keys).toBe(5);
});

test('what is left out or altered is told', async () => {
  const name = write(
    'odd.csv',
    '0,a,1,5,,get,0\n0,a,1,5\n0,b,1,30,,incr,0\n0,b,1,30,,incr,0\n0,b,1,30,,quit,0\n0,b,1,0,,get,0\n',
  );
  const { warnings } = await prepareScenario(scenarioOf(name, 'format: twitter'), PLACE);
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^1 record is malformed .* the first in line 2: /),
    '3 requests are of kinds that are not replayed and left out: incr 2, quit 1',
  ]);
});

test.for([
  [
    'too many malformed records',
    (): string => write('bad.csv', '0,a,1,5,,get,0\nx\n'),
    'max_malformed: 0',
    'BAD_TRACE',
  ],
  ['a missing file', (): string => 'missing.csv', 'pace: unpaced', 'BAD_TRACE'],
  [
    'a pace that it does not have',
    (): string => write('keys.txt', 'a\nb\n'),
    'pace: recorded',
    'BAD_SCENARIO',
  ],
] as const)('%s is refused before anything starts', async ([, name, trace, code]) => {
  await expect(prepareScenario(scenarioOf(name(), trace), PLACE)).rejects.toMatchObject({ code });
});

test('a missing file is found at first sight', async () => {
  await expect(checkScenario(scenarioOf('missing.csv', 'pace: unpaced'), PLACE)).rejects.toMatchObject({
    code: 'BAD_TRACE',
    message: expect.stringContaining('missing.csv'),
  });
});

test('a trace whose values are more than the machine has is refused with figures', async () => {
  const huge = Array.from({ length: 3000 }, (_, i) => `0,key${i},4,500000000,,set,0\n`).join('');
  const name = write('huge.csv', huge);
  const more = 'tiers: { redis: { max_memory: 1024GiB } }\nvariants: [{ id: redis, tiers: [redis] }]';
  await expect(prepareScenario(scenarioOf(name, 'pace: unpaced', more), PLACE)).rejects.toMatchObject({
    code: 'BAD_SCENARIO',
    message: expect.stringMatching(/Redis 1\.\d+ TiB|Redis 10\d\d GiB/),
  });
});
