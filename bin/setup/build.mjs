import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageProgram, readJson } from './dependencies.mjs';
import { failure, run, say, SetupError } from './run.mjs';

/** The built program, relative to the project. */
export const ENTRY = join('dist', 'bin', 'cachectl.js');

const STAMP = '.setup-stamp.json';

/** Builds dist/, unless it was built from exactly these sources. */
export async function ensureBuild(root) {
  const entry = join(root, ENTRY);
  const stamp = join(root, STAMP);
  const sources = fingerprint(root);
  if (existsSync(entry) && readJson(stamp)?.sources === sources) return;
  say('building');
  rmSync(stamp, { force: true });
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const compiler = packageProgram(root, 'typescript', 'tsc');
  const { code, output } = await run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'capture',
  });
  if (code !== 0) throw failure('the build', code, output);
  if (!existsSync(entry)) throw new SetupError(1, `the build made no ${ENTRY}`);
  chmodSync(entry, 0o755);
  writeFileSync(stamp, `${JSON.stringify({ sources })}\n`);
}

/**
 * A digest of the names and contents of all that the build reads. Contents rather than times: a checkout or an
 * unpacked archive sets times that say nothing about what was built last, and reading all is a matter of milliseconds.
 */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of buildInputs(root))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function buildInputs(root) {
  const settings = readdirSync(root).filter((name) => /^(tsconfig.*|package|package-lock)\.json$/.test(name));
  const sources = ['bin', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  return [...settings, ...sources].sort((a, b) => (a < b ? -1 : 1));
}
