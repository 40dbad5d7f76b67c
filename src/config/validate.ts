import { z } from 'zod';
import { CachectlError, type ErrorCode, type Problem } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { showAddress } from './addresses.ts';
import type { Path, YamlSource } from './yaml-source.ts';

export interface Validation<T> {
  /** Absent when there are problems. */
  readonly data?: T;
  readonly problems: readonly Problem[];
}

/** Checks a file against its schema; every problem gets its place, what was expected and what was found. */
export function validate<T>(schema: z.ZodType<T>, source: YamlSource): Validation<T> {
  if (source.value === undefined) return { problems: inOrder(source.problems) };
  if (source.value === null) {
    const message = 'the file is empty';
    return { problems: [{ file: source.file, line: 1, column: 1, message }] };
  }
  const known: Known = { keys: new Map(), unions: new Map() };
  const result = parse(schema, source.value, known);
  if (result.success && source.problems.length === 0) return { data: result.data, problems: [] };
  const found = (result.error?.issues ?? []).flatMap((issue) => toProblems(issue, source, known));
  const isNew = ({ line, column }: Problem): boolean =>
    !source.problems.some((problem) => problem.line === line && problem.column === column);
  return { problems: inOrder([...source.problems, ...found.filter(isNew)]) };
}

/** What a final issue no longer tells, by an object that is the same in the raw and the final issue. */
interface Known {
  /** The keys that there are, by the list of unknown ones. */
  readonly keys: Map<readonly string[], readonly string[]>;
  /** The union whose discriminator was wrong, by its list of errors. */
  readonly unions: Map<object, z.ZodType>;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, known: Known): z.ZodSafeParseResult<T> {
  return schema.safeParse(value, {
    reportInput: true,
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
        known.keys.set(issue.keys, Object.keys(issue.inst.shape));
      }
      if (issue.code === 'invalid_union' && issue.inst instanceof z.ZodDiscriminatedUnion) {
        known.unions.set(issue.errors, issue.inst);
      }
      return expectation(issue);
    },
  });
}

/**
 * A wrong discriminator hides what else is wrong in the same mapping: gives what would be wrong there whichever
 * of the known choices was meant.
 */
function hiddenIssues(issue: z.core.$ZodIssueInvalidUnion, known: Known): readonly z.core.$ZodIssue[] {
  const union = known.unions.get(issue.errors);
  const { input } = issue;
  const discriminator = issue.path.at(-1);
  if (union === undefined || discriminator === undefined || typeof input !== 'object' || input === null)
    return [];
  const [first = [], ...others] = namesOf(issue).map(
    (name) => parse(union, { ...input, [discriminator]: name }, known).error?.issues ?? [],
  );
  const isShared = (candidate: z.core.$ZodIssue): boolean =>
    others.every((issues) => issues.some((other) => isSame(candidate, other)));
  return first
    .filter(isShared)
    .map((hidden) => ({ ...hidden, path: [...issue.path.slice(0, -1), ...hidden.path] }));
}

function isSame(a: z.core.$ZodIssue, b: z.core.$ZodIssue): boolean {
  const keys = (issue: z.core.$ZodIssue): unknown => (issue.code === 'unrecognized_keys' ? issue.keys : []);
  return JSON.stringify([a.code, a.path, keys(a)]) === JSON.stringify([b.code, b.path, keys(b)]);
}

/** The error of a wrong file: the first problem in its message, all of them in `problems`. */
export function wrongFile(code: ErrorCode, problems: readonly Problem[], hint: string): CachectlError {
  const [first, ...rest] = problems;
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more problem${rest.length > 1 ? 's' : ''})`;
  return new CachectlError(code, `${problemLine(first)}${more}`, { hint, problems });
}

function problemLine(problem: Problem | undefined): string {
  const place = [problem?.file, problem?.line, problem?.column]
    .filter((part) => part !== undefined)
    .join(':');
  return [place, problem?.key, problem?.message]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of names to settings',
};

/** What a schema expects where it says nothing itself. Begins with "expected", so that what was found is added. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${choices(issue.values)}`;
  return issue.code === 'invalid_union' ? `expected ${choices(namesOf(issue))}` : undefined;
}

function namesOf(issue: object): readonly string[] {
  const options = 'options' in issue ? issue.options : 'values' in issue ? issue.values : undefined;
  return Array.isArray(options) ? options.filter((option) => typeof option === 'string') : [];
}

function choices(values: readonly unknown[]): string {
  const names = values.map(String);
  return names.length < 2
    ? `'${names.join('')}'`
    : `one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function toProblems(issue: z.core.$ZodIssue, source: YamlSource, known: Known): readonly Problem[] {
  const { file } = source;
  const branch = issue.code === 'invalid_union' ? issue.errors.find(isMeant) : undefined;
  if (branch !== undefined) {
    const within = (inner: z.core.$ZodIssue): z.core.$ZodIssue => ({
      ...inner,
      path: [...issue.path, ...inner.path],
    });
    return branch.flatMap((inner) => toProblems(within(inner), source, known));
  }
  if (issue.code === 'unrecognized_keys') {
    const names = known.keys.get(issue.keys) ?? [];
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const message = `unknown key '${key}'${didYouMean(key, names) || `; the keys here are ${names.join(', ')}`}`;
      return { file, ...source.placeOfKey(path), key: dotted(path), message };
    });
  }
  if (issue.code === 'invalid_key') {
    const message = `${issue.issues[0]?.message}; found '${String(issue.path.at(-1))}'`;
    return [{ file, ...source.placeOfKey(issue.path), key: dotted(issue.path), message }];
  }
  const missing = issue.input === undefined;
  const expected = issue.message.startsWith('expected');
  const text = source.written(issue.path);
  const guess = text === undefined ? '' : didYouMean(text, namesOf(issue));
  const ending = !expected
    ? ''
    : missing
      ? '; the key is missing'
      : `; found ${describeFound(source, issue)}${guess}`;
  const key = dotted(issue.path);
  const hidden = issue.code === 'invalid_union' ? hiddenIssues(issue, known) : [];
  return [
    { file, ...source.placeOf(issue.path), ...(key === '' ? {} : { key }), message: issue.message + ending },
    ...hidden.flatMap((other) => toProblems(other, source, known)),
  ];
}

/** A branch of a union that accepts the kind of value that is there, so that its own problems say more. */
function isMeant(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code, path }) => code !== 'invalid_type' || path.length > 0);
}

const MAX_SHOWN = 80;

function describeFound(source: YamlSource, issue: z.core.$ZodIssue): string {
  const written = source.written(issue.path);
  if (Array.isArray(issue.input)) return issue.input.length === 0 ? 'an empty list' : 'a list';
  if (written === undefined) return 'a mapping';
  if (issue.input === null) return 'nothing';
  if (typeof issue.input === 'number' || typeof issue.input === 'boolean') return written;
  const text = showAddress(written);
  return `'${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}'`;
}

/** `variants[1].tiers` for people. */
export function dotted(path: Path): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${String(step)}`,
    '',
  );
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
