import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { failure, run, say, SetupError } from './run.mjs';

/** Installs the packages that package-lock.json names, unless they are there. */
export async function ensureDependencies(root) {
  const folder = join(root, 'node_modules');
  const stamp = join(folder, '.cachectl-setup.json');
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lockText).digest('hex');
  if (readJson(stamp)?.lock === wanted) return;
  const lock = JSON.parse(lockText);
  if (!isInstalled(folder, lock)) await install(root, folder, lock);
  if (existsSync(folder)) writeFileSync(stamp, `${JSON.stringify({ lock: wanted })}\n`);
}

/** Whether what npm noted of its last install in this folder is what the lock file asks for. */
function isInstalled(folder, lock) {
  const installed = readJson(join(folder, '.package-lock.json'))?.packages;
  if (installed === undefined) return false;
  const asLocked = Object.entries(lock.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
  return asLocked && directDependencies(lock).every((name) => existsSync(join(folder, name, 'package.json')));
}

function directDependencies(lock) {
  const { dependencies, devDependencies } = lock.packages[''] ?? {};
  return Object.keys({ ...dependencies, ...devDependencies });
}

async function install(root, folder, lock) {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError(
      1,
      'node_modules is a link, and the packages behind it are not those of package-lock.json.\n' +
        'Run "npm ci" where it points to, or remove the link.',
    );
  }
  say(`installing ${Object.keys(lock.packages).length - 1} packages with npm ci`);
  const [program, ...args] = npm();
  const attempt = (...command) =>
    run(program, [...args, ...command, '--include=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      stdio: 'capture',
    });
  const { code, output } = await attempt('ci');
  if (code === 0) return;
  if (!isOnlyIncomplete(output, root, lock)) throw failure('npm ci', code, output);
  say(
    'package-lock.json leaves out packages for other systems, which npm ci refuses; using npm install --no-save',
  );
  const second = await attempt('install', '--no-save');
  if (second.code !== 0) throw failure('npm install', second.code, second.output);
}

/**
 * npm leaves optional packages that its registry does not offer, as the builds of a tool for other systems, out of
 * the lock file, and then `npm ci` calls the file out of sync. The versions in it are good all the same; `npm
 * install --no-save` takes them and does not write the file.
 */
function isOnlyIncomplete(output, root, lock) {
  if (!/Missing: .+ from lock file/.test(output) || output.includes('Invalid: ')) return false;
  const asked = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const locked = lock.packages[''] ?? {};
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((kind) =>
    isDeepStrictEqual(asked[kind] ?? {}, locked[kind] ?? {}),
  );
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js' ? [process.execPath, running] : ['npm'];
}

/** The parsed file; undefined when it is missing or damaged. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The file that runs a package's program, for `process.execPath`. */
export function packageProgram(root, name, program = name) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[program]);
}
