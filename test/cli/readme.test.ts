import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config-file.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import { checkGates, parseGates } from '../../src/gate/parse.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { cachectl } from './program.ts';

const README = readFileSync('README.md', 'utf8');
const BLOCKS = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const blocks = (language: string): readonly string[] =>
  BLOCKS.filter((block) => block.language === language).map(({ text }) => text);
const COMMANDS = blocks('sh').flatMap((text) => text.replaceAll('\\\n', '').trim().split('\n'));

const SHORT = ['--duration', '300ms', '--warmup', '100ms'];
const servers: PrivateServer[] = [];
const urls: Record<string, string> = {};

beforeAll(async () => {
  const [redis, memcached, postgres] = await Promise.all([
    startRedis(process.env, { listen: await freePort() }),
    startMemcached(process.env, { listen: await freePort() }),
    startPostgres(process.env, { listen: await freePort() }),
  ]);
  servers.push(redis, memcached, postgres);
  Object.assign(urls, { '--redis': redis.url, '--memcached': memcached.url, '--database': postgres.url });
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

/** The words of a command line, without quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

describe('every command of the README works', () => {
  test('there are commands', () => {
    expect(COMMANDS.length).toBeGreaterThanOrEqual(6);
  });

  test.each(COMMANDS)('%s', async (line) => {
    const [program, ...args] = words(line);
    if (program === 'npm') {
      // `npm test` is what runs this; `npm start` is run for real, only shorter.
      expect(args).toHaveLength(1);
      if (args[0] === 'test') return;
      const { status, stdout } = spawnSync('npm', ['start', '--', ...SHORT], { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(stdout).toContain('all tiers');
      return;
    }
    expect(program).toBe('cachectl');
    const given = args.map((arg, i) => urls[args[i - 1] ?? ''] ?? arg);
    const { code, stderr } = await cachectl(args[0] === 'bench' ? [...given, ...SHORT] : given);
    expect(code, stderr).toBe(0);
  });
});

test('its report is one of the quickstart', () => {
  const [report = ''] = blocks('text');
  const { variants } = parseScenario(readFileSync('scenarios/quickstart.yaml', 'utf8'), 'quickstart.yaml');
  for (const { title } of variants) expect(report).toContain(`  ${title} `);
});

test('its files are valid', () => {
  const [config = '', scenario = ''] = blocks('yaml');
  const env = { REDIS_PASSWORD: 'a', PG_PASSWORD: 'b' };
  const settings = resolveSettings({ flags: {}, env, file: parseConfig(config, 'cachectl.yaml', env) });
  expect(settings.redis).toMatchObject({ from: 'file', value: 'rediss://app:a@cache.staging:6380' });
  const { gates, variants } = parseScenario(scenario, 'checkout.yaml');
  checkGates(
    parseGates(gates),
    variants.map(({ id }) => id),
  );
  expect(gates).toHaveLength(2);
});

test('its library example runs, and its types are right', () => {
  const [example = ''] = blocks('ts');
  const folder = 'dist/readme';
  mkdirSync(folder, { recursive: true });
  try {
    const code = `${example.replace(/redis:\/\/[^']*/, urls['--redis'] ?? '')}
async function loadProduct(id: number): Promise<{ id: number }> { return { id }; }
const expected: { id: number } = product;
if (expected.id !== 42) throw new Error('wrong product');
await redis.close();`;
    writeFileSync(`${folder}/example.ts`, code);
    const options = [
      '--ignoreConfig',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--types',
      'node',
      '--strict',
      '--skipLibCheck',
    ];
    const tsc = spawnSync('node_modules/.bin/tsc', [...options, `${folder}/example.ts`], {
      encoding: 'utf8',
    });
    expect(tsc.stdout).toBe('');
    const ran = spawnSync(process.execPath, [`${folder}/example.js`], { encoding: 'utf8', timeout: 15_000 });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
