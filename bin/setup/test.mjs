import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageProgram, readJson } from './dependencies.mjs';
import { run, SetupError } from './run.mjs';

const CHECKS = [
  { name: 'format', tool: 'oxfmt', args: ['--check', '.'] },
  { name: 'lint', tool: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', tool: 'typescript', program: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'unused', tool: 'knip', args: [], when: isKnipConfigured },
  { name: 'package', tool: 'publint', args: ['--strict'], when: isLibrary },
];

/**
 * Runs the checks and then the tests, up to the first that fails; gives its exit code.
 *
 * `--only STEP` runs one check, or the tests of one part (a folder or file under test/, as `unit`). All other
 * arguments go to vitest.
 */
export async function test(root, args) {
  const { only, rest } = parse(args);
  const checks = CHECKS.filter((check) => only === undefined || check.name === only);
  for (const check of checks) {
    if (check.when?.(root) === false) continue;
    const code = await step(root, check);
    if (code !== 0) {
      print(`${check.name} failed (exit code ${code})`);
      return code;
    }
  }
  if (only !== undefined && checks.length > 0) return 0;
  return runTests(root, [...(only === undefined || only === 'tests' ? [] : [partOf(root, only)]), ...rest]);
}

function parse(args) {
  const at = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (at === -1) return { only: undefined, rest: args };
  const inline = args[at].startsWith('--only=');
  const only = inline ? args[at].slice('--only='.length) : args[at + 1];
  if (only === undefined || only === '') throw new SetupError(2, '--only needs the name of a step');
  return { only, rest: args.toSpliced(at, inline ? 1 : 2) };
}

function partOf(root, name) {
  const path = [`test/${name}/`, `test/${name}.test.ts`].find((candidate) =>
    existsSync(join(root, candidate)),
  );
  if (path !== undefined) return path;
  const steps = [...CHECKS.map((check) => check.name), 'tests'].join(', ');
  throw new SetupError(2, `--only ${name}: neither a step (${steps}) nor a folder or file of test/`);
}

async function step(root, { name, tool, program, args, unsaid = [] }) {
  print(`\n── ${name}: ${program ?? tool} ${args.join(' ')}`.trimEnd());
  const startedAt = performance.now();
  const { code } = await run(process.execPath, [packageProgram(root, tool, program), ...args, ...unsaid], {
    cwd: root,
    stdio: ['ignore', 1, 2],
  });
  print(
    `── ${name} ${code === 0 ? 'passed' : 'failed'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  return code;
}

/** The last line printed is always vitest's own count of tests, when there is one. */
async function runTests(root, args) {
  const folder = mkdtempSync(join(tmpdir(), 'cachectl-test-'));
  const report = join(folder, 'vitest.json');
  try {
    const code = await step(root, {
      name: 'tests',
      tool: 'vitest',
      args: ['run', ...args],
      unsaid: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    });
    const counts = readJson(report);
    const failed = counts?.numFailedTests ?? 0;
    if (code !== 0 && failed === 0) {
      print(`tests failed (exit code ${code}) for a reason that is no failed test: see above`);
    }
    if (counts !== undefined) print(summary(counts));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary({ numPassedTests, numFailedTests, numPendingTests, numTodoTests }) {
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${numFailedTests} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function isLibrary(root) {
  return readJson(join(root, 'package.json'))?.exports !== undefined;
}

function isKnipConfigured(root) {
  const files = ['knip.json', 'knip.jsonc', '.knip.json', 'knip.ts', 'knip.js'];
  return (
    files.some((file) => existsSync(join(root, file))) ||
    readJson(join(root, 'package.json'))?.knip !== undefined
  );
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
