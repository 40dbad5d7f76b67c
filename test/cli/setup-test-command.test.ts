import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Ended, SetupProject } from '../support/setup-project.ts';

const PASSING = `import { expect, test } from 'vitest';
test('one', () => expect(1).toBe(1));
test.skip('later', () => {});
`;
const FAILING = `import { expect, test } from 'vitest';
test('wrong', () => expect(1).toBe(2));
`;

let project: SetupProject;

beforeAll(() => {
  project = new SetupProject(['typescript', 'vitest', 'oxfmt', 'oxlint', 'oxlint-tsgolint']);
  project.write('.oxfmtrc.json', '{ "singleQuote": true, "ignorePatterns": ["*.json", "bin", "dist"] }\n');
  project.write('.oxlintrc.json', '{ "ignorePatterns": ["bin", "dist", "node_modules"] }\n');
});
beforeEach(() => {
  rmSync(project.path('test'), { recursive: true, force: true });
  project.write('test/unit/one.test.ts', PASSING);
});
afterAll(() => project.remove());

const lastLine = ({ stdout }: Ended): string | undefined => stdout.trimEnd().split('\n').at(-1);
const headings = ({ stdout }: Ended): readonly string[] =>
  [...stdout.matchAll(/^── (\S+?):? .*$/gm)].map(([line, name]) =>
    line.includes(':') ? `${name}` : `${name}.`,
  );

test('all steps run in order, each with its time, and the last line counts the tests', async () => {
  project.write('test/integration/two.test.ts', PASSING.replace('test.skip', 'test'));
  const ended = await project.run(['test']);
  expect(ended, ended.stdout).toMatchObject({ code: 0, stderr: 'setup: building\n' });
  expect(headings(ended)).toEqual([
    'format',
    'format.',
    'lint',
    'lint.',
    'types',
    'types.',
    'tests',
    'tests.',
  ]);
  expect(ended.stdout).toMatch(/^── format passed in \d+\.\d s$/m);
  expect(lastLine(ended)).toBe('3 passed, 0 failed, 1 skipped');
});

test('the first failed check ends it, and the last line names it', async () => {
  project.write('src/one.ts', 'export const one: number = "text"\n');
  const built = await project.run(['test']);
  expect(built).toMatchObject({ code: 1, stdout: '' });
  project.write('src/one.ts', 'export const one = "text"\n');
  const unformatted = await project.run(['test']);
  expect(unformatted.code).toBe(1);
  expect(headings(unformatted)).toEqual(['format', 'format.']);
  expect(lastLine(unformatted)).toBe('format failed (exit code 1)');
  project.write('src/one.ts', 'export const one = 1;\ndebugger;\n');
  const careless = await project.run(['test']);
  expect(careless.code).toBe(1);
  expect(lastLine(careless)).toBe('lint failed (exit code 1)');
  project.write('src/one.ts', 'export const one = 1;\n');
});

test('--only runs one step or one part of the tests; other arguments go to vitest', async () => {
  project.write('test/integration/two.test.ts', FAILING);
  const unit = await project.run(['test', '--only', 'unit']);
  expect(unit.code).toBe(0);
  expect(headings(unit)).toEqual(['tests', 'tests.']);
  expect(lastLine(unit)).toBe('1 passed, 0 failed, 1 skipped');
  const types = await project.run(['test', '--only=types']);
  expect(headings(types)).toEqual(['types', 'types.']);
  const named = await project.run(['test', '--only', 'tests', '-t', 'one']);
  expect(lastLine(named)).toBe('1 passed, 0 failed, 2 skipped');
  const unknown = await project.run(['test', '--only', 'nothing']);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('neither a step (format, lint, types, unused, package, tests)');
});

test('a failed test is counted; a file that does not load fails without one', async () => {
  project.write('test/unit/two.test.ts', FAILING);
  const failed = await project.run(['test', '--only', 'tests']);
  expect(failed.code).toBe(1);
  expect(lastLine(failed)).toBe('1 passed, 1 failed, 1 skipped');
  project.write('test/unit/two.test.ts', "import './nowhere.ts';\n");
  const unloaded = await project.run(['test', '--only', 'tests']);
  expect(unloaded.code).toBe(1);
  expect(unloaded.stdout).toContain('for a reason that is no failed test');
  const report = /JSON report written to (.+)/.exec(unloaded.stdout)?.[1];
  expect(report).toBeDefined();
  expect(existsSync(report ?? '')).toBe(false);
});
