import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executable, SetupProject } from '../support/setup-project.ts';

let project: SetupProject;

beforeAll(async () => {
  project = new SetupProject();
  await project.run(['start']);
});
afterAll(() => project.remove());

const IN_PLACE = { code: 0, stderr: '' };

describe('start', () => {
  test('prints nothing of its own when all is in place, and passes arguments on', async () => {
    expect(await project.run(['start', '--seed', '1'])).toEqual({
      ...IN_PLACE,
      stdout: '["bench","--seed","1"]\n',
    });
    expect(await project.run(['start'])).toEqual({ ...IN_PLACE, stdout: '["bench"]\n' });
  });

  test('ends with the exit code of cachectl', async () => {
    expect(await project.run(['start', '--exit', '6'])).toMatchObject({ code: 6, stderr: '' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('passes %s on once, and waits for the end', async (signal, code) => {
    const ended = await project.run(['start', '--wait'], {
      onOutput: (child) => {
        child.kill(signal);
        setTimeout(() => child.kill(signal), 50);
      },
    });
    expect(ended).toEqual({ code, stdout: `["bench","--wait"]\n${signal} 1\n`, stderr: '' });
  });

  test('refuses an old Node with a way out', async () => {
    for (const version of ['18.20.4', '20.18.3']) {
      const pretend = `Object.defineProperty(process.versions,"node",{value:"${version}"})`;
      const ended = await project.run(['start'], { node: ['--import', `data:text/javascript,${pretend}`] });
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(`needs Node 20.19 or newer, and this is Node ${version}`);
    }
  });

  test('is the only command beside test', async () => {
    expect(await project.run(['toString'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the build', () => {
  test('is repeated when a source changed, appeared or vanished, not when one was only touched', async () => {
    const built = 'setup: building\n';
    utimesSync(project.path('src/one.ts'), new Date(), new Date());
    expect((await project.run(['start'])).stderr).toBe('');
    project.write('src/one.ts', 'export const one = 2;\n');
    expect((await project.run(['start'])).stderr).toBe(built);
    project.write('src/two.ts', 'export const two = 2;\n');
    expect((await project.run(['start'])).stderr).toBe(built);
    rmSync(project.path('src/two.ts'));
    expect((await project.run(['start'])).stderr).toBe(built);
    expect(existsSync(project.path('dist/src/two.js'))).toBe(false);
    rmSync(project.path('dist'), { recursive: true });
    expect((await project.run(['start'])).stderr).toBe(built);
    expect((await project.run(['start'])).stderr).toBe('');
  });

  test('makes the program executable', () => {
    expect(statSync(project.path('dist/bin/cachectl.js')).mode & 0o111).toBe(0o111);
  });

  test('that fails says why and is tried again', async () => {
    project.write('src/wrong.ts', "export const wrong: number = 'text';\n");
    for (let attempt = 0; attempt < 2; attempt++) {
      const ended = await project.run(['start']);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain('src/wrong.ts(1,14): error TS2322');
      expect(ended.stderr).toContain('setup: the build failed (exit code 2)\n');
    }
    rmSync(project.path('src/wrong.ts'));
    expect(await project.run(['start'])).toMatchObject({ code: 0 });
  });
});

describe('the packages', () => {
  const stamp = (): string => project.path('node_modules/.cachectl-setup.json');

  test('are taken as they are when npm installed them, and only noted', async () => {
    rmSync(stamp());
    expect(await project.run(['start'])).toMatchObject(IN_PLACE);
    expect(existsSync(stamp())).toBe(true);
  });

  test('are installed with npm ci when they are missing or not those of the lock file', async () => {
    const installing = /^setup: installing \d+ packages with npm ci\n$/;
    rmSync(project.path('node_modules'), { recursive: true });
    expect(await project.run(['start'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(installing),
    });
    writeFileSync(project.path('node_modules/.package-lock.json'), '{"packages":{}}');
    rmSync(stamp());
    expect(await project.run(['start'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(installing),
    });
    expect(await project.run(['start'])).toMatchObject(IN_PLACE);
  });

  describe('of a lock file that npm ci refuses', () => {
    const emptyRegistry = createServer((_, response) => response.writeHead(404).end('{}'));
    let env: Readonly<Record<string, string>>;
    let incomplete: SetupProject;

    beforeAll(async () => {
      await once(emptyRegistry.listen(0, '127.0.0.1'), 'listening');
      const address = emptyRegistry.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      env = { npm_config_registry: `http://127.0.0.1:${port}/` };
      incomplete = new SetupProject();
      for (const file of ['package.json', 'package-lock.json']) {
        incomplete.edit(file, (text) =>
          text.replace('"devDependencies"', '"optionalDependencies": { "for-mars": "1.0.0" }, $&'),
        );
      }
    });
    afterAll(() => {
      emptyRegistry.close();
      incomplete.remove();
    });

    test('are installed by npm install when it only lacks what the registry does not offer', async () => {
      const lock = readFileSync(incomplete.path('package-lock.json'), 'utf8');
      rmSync(incomplete.path('node_modules'), { recursive: true });
      const ended = await incomplete.run(['start'], { env });
      expect(ended).toMatchObject({ code: 0, stdout: '["bench"]\n' });
      expect(ended.stderr).toContain('using npm install --no-save\n');
      expect(readFileSync(incomplete.path('package-lock.json'), 'utf8')).toBe(lock);
      expect(await incomplete.run(['start'], { env })).toMatchObject(IN_PLACE);
    });

    test('are not installed when package.json asks for something else', async () => {
      incomplete.edit('package.json', (text) =>
        text.replace('"devDependencies": {', '$& "for-venus": "1.0.0",'),
      );
      rmSync(incomplete.path('node_modules'), { recursive: true });
      const ended = await incomplete.run(['start'], { env });
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain('setup: npm ci failed');
      expect(ended.stderr).not.toContain('--no-save');
    });
  });

  test('of another folder, which node_modules links to, are used but never replaced', async () => {
    const shared = new SetupProject();
    rmSync(project.path('node_modules'), { recursive: true });
    symlinkSync(shared.path('node_modules'), project.path('node_modules'));
    try {
      expect(await project.run(['start'])).toMatchObject(IN_PLACE);
      rmSync(stamp());
      rmSync(shared.path('node_modules/typescript'));
      const refused = await project.run(['start']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('node_modules is a link');
      expect(existsSync(shared.path('node_modules/.package-lock.json'))).toBe(true);
    } finally {
      rmSync(project.path('node_modules'));
      shared.remove();
      await project.run(['start']);
    }
  });
});

describe('the servers', () => {
  const nobody = 65_534;
  const prefix =
    process.getuid?.() === 0
      ? ['/usr/bin/setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
      : [];
  let count = 0;

  /** Runs start as a user without root, where no server is found and only the given tools are on PATH. */
  async function startWith(tools: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const folder = join(dirname(project.root), `tools-${count++}`);
    mkdirSync(folder);
    for (const [tool, script] of Object.entries(tools)) executable(join(folder, tool), script);
    const home = join(folder, 'home');
    mkdirSync(home);
    chmodSync(home, 0o777);
    const log = join(home, 'log');
    writeFileSync(log, '');
    chmodSync(log, 0o666);
    const env = {
      PATH: folder,
      HOME: home,
      CACHECTL_SERVER_PATH: '',
      LOG: log,
    };
    return { ...(await project.run(['start', ...args], { env, prefix })), calls: readFileSync(log, 'utf8') };
  }

  test('that cannot be had end it with every way to get them', async () => {
    const ended = await startWith({});
    expect(ended).toMatchObject({ code: 4, stdout: '' });
    for (const way of [
      'redis-server and memcached are needed',
      'apt-get install redis-server memcached',
      'brew install redis memcached',
      'docker run -d -p 6379:6379 redis',
      'npm start -- --redis redis://127.0.0.1:6379 --memcached 127.0.0.1:11211',
    ]) {
      expect(ended.stderr).toContain(way);
    }
  });

  test('are not looked for when their addresses are given', async () => {
    expect(await startWith({}, '--redis', 'redis://a', '--memcached=b:1')).toMatchObject({
      code: 0,
      stderr: '',
    });
    const ended = await startWith({}, '--redis=redis://a');
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain('setup: memcached is needed');
    expect(ended.stderr).not.toContain('redis-server');
  });

  test('are installed through sudo when it asks no question, and said so first', async () => {
    const say = (name: string): string => `echo "${name} $1 $2 $4 $5 $6 $7" >>"$LOG"`;
    const ended = await startWith({
      'apt-get': 'exit 1',
      sudo: `${say('sudo')}; test "$2" = true || { echo E: no such package; exit 100; }`,
    });
    expect(ended.code).toBe(4);
    expect(ended.calls).toContain('sudo -n true');
    expect(ended.calls).toContain('setup redis-server memcached');
    expect(ended.stderr).toMatch(/^setup: installing redis-server, memcached with sudo -n apt-get/);
    expect(ended.stderr).toContain('apt-get install failed (exit code 100): E: no such package');
  });

  test('are downloaded when sudo would ask, and installed with brew where that is', async () => {
    const download = await startWith({
      'apt-get': 'echo E: offline; exit 100',
      'dpkg-deb': '',
      sudo: 'exit 1',
    });
    expect(download.code).toBe(4);
    expect(download.stderr).not.toContain('sudo -n');
    expect(download.stderr).toMatch(/^setup: downloading redis-server, memcached into /);
    const brew = await startWith({ brew: 'echo "brew $*" >>"$LOG"; exit 1' });
    expect(brew).toMatchObject({ code: 4, calls: 'brew install redis memcached\n' });
  });
});
