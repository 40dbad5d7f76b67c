#!/usr/bin/env node
import { readFileSync } from 'node:fs';

/** The package, from the compiled program and from the source alike. */
const root = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

const [only, ...rest] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && rest.length === 0) {
  process.stdout.write(`${version}\n`);
} else {
  const { run } = await import('./run.ts');
  await run({ version, root });
}
