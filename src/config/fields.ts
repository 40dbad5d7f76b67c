import { z } from 'zod';
import { parseDuration, parseRate, parseRatio, parseSize } from '../base/units.ts';

/** Bounds of a number, both included. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A quantity as it is written: text with a unit. */
interface Quantity {
  /** What is expected, for messages: `a duration with a unit, such as 2s`. */
  readonly what: string;
  /** What editors check; the same as `parse` accepts. */
  readonly pattern: string;
  readonly examples: readonly string[];
  readonly parse: (text: string) => number | undefined;
}

const DURATION: Quantity = {
  what: 'a duration with a unit (ms, s, m, h or d), such as 250ms, 2s or 1h30m',
  pattern: String.raw`^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|min|m|h|d)\s*)+$`,
  examples: ['250ms', '2s', '1h30m'],
  parse: parseDuration,
};

const SIZE: Quantity = {
  what: 'a size with a unit (B, KiB, MiB, GiB, KB, MB or GB), such as 512B or 64MiB',
  pattern: String.raw`^\d+(\.\d+)?\s*(B|KiB|MiB|GiB|KB|kB|MB|GB)$`,
  examples: ['512B', '1KiB', '64MiB'],
  parse: parseSize,
};

const RATE: Quantity = {
  what: 'a rate with a unit, such as 2000/s or 120k/min',
  pattern: String.raw`^\d+(\.\d+)?\s*[kM]?\s*/\s*(s|sec|m|min|h)$`,
  examples: ['2000/s', '10k/s'],
  parse: parseRate,
};

const SHARE: Quantity = {
  what: 'a share in percent, such as 95%',
  pattern: String.raw`^\d+(\.\d+)?\s*%$`,
  examples: ['95%', '0.5%'],
  parse: parseRatio,
};

function quantity(kind: Quantity, { min, max }: Bounds, allowed: string): z.ZodType<number, string> {
  const pattern = new RegExp(kind.pattern, 'u');
  return z
    .string({ error: `expected ${kind.what}` })
    .meta({ pattern: kind.pattern, examples: [...kind.examples] })
    .transform((text, context) => {
      const value = pattern.test(text) ? kind.parse(text) : undefined;
      const wrong = value === undefined || value < min || value > max;
      if (!wrong) return value;
      const message = `expected ${value === undefined ? kind.what : allowed}`;
      context.addIssue({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}

/** Text such as `2s`, in milliseconds; the bounds are written the same way. */
export function duration(min: string, max: string): z.ZodType<number, string> {
  return quantity(DURATION, range(parseDuration, min, max), `a duration from ${min} to ${max}`);
}

/** Text such as `64MiB`, in bytes. */
export function size(min: string, max: string): z.ZodType<number, string> {
  return quantity(SIZE, range(parseSize, min, max), `a size from ${min} to ${max}`);
}

/** Text such as `2000/s`, in operations per second. */
export function rate(min: string, max: string): z.ZodType<number, string> {
  return quantity(RATE, range(parseRate, min, max), `a rate from ${min} to ${max}`);
}

/** Text such as `95%`, as a fraction from 0 to 1; the bounds are written the same way. */
export function share(min = '0%', max = '100%'): z.ZodType<number, string> {
  return quantity(SHARE, range(parseRatio, min, max), `a share from ${min} to ${max}`);
}

function range(parse: (text: string) => number | undefined, min: string, max: string): Bounds {
  return { min: parse(min) ?? Number.NaN, max: parse(max) ?? Number.NaN };
}

/** A whole number without a unit. */
export function count({ min, max }: Bounds): z.ZodType<number, number> {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** A number without a unit. */
export function real({ min, max }: Bounds): z.ZodType<number, number> {
  const error = `expected a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** Path of a file, from the folder of the file that it is written in. */
export function filePath(): z.ZodType<string, string> {
  return line('the path of a file', 1000);
}

/** Text on one line, not empty. */
export function line(what: string, maxLength = 200): z.ZodType<string, string> {
  const error = `expected ${what}`;
  return z
    .string({ error })
    .min(1, { error })
    .max(maxLength, { error: `expected ${what} of at most ${maxLength} characters` })
    .regex(/^\S(?:[^\r\n]*\S)?$/u, { error });
}

/** A name that can stand in flags, file names and gates. */
export function identifier(what: string, pattern: RegExp): z.ZodType<string, string> {
  const error = `expected ${what}`;
  return z.string({ error }).regex(pattern, { error });
}

/** A key that belongs to another choice of the same section: being there is an error that says to which. */
export function onlyWith(choice: string): z.ZodOptional<z.ZodNever> {
  return z.never({ error: `this key needs ${choice}` }).optional();
}

/** Lets a check of a list run although some of its items are wrong, so that all problems are told at once. */
export const evenWithProblems: z.core.$ZodSuperRefineParams = { when: ({ value }) => Array.isArray(value) };

/**
 * A section whose keys depend on a choice in it: the keys of the other choices are known, but being there is an error.
 * `allKeys`: every key of any choice, with the choice that it needs.
 */
export function choiceOf<Shape extends z.ZodRawShape>(
  shape: Shape,
  allKeys: Readonly<Record<string, string>>,
): z.ZodObject<Shape, z.core.$strict> {
  const others = Object.entries(allKeys).filter(([key]) => !Object.hasOwn(shape, key));
  const forbidden = Object.fromEntries(others.map(([key, choice]) => [key, onlyWith(choice)]));
  return z.strictObject({ ...shape, ...forbidden });
}

type CheckSection = (section: object, context: z.RefinementCtx) => void;

/** A key that stands in place of others: none of them may be there beside it. */
export function excludes(key: string, ...others: readonly string[]): CheckSection {
  return (section, context) => {
    if (!isThere(section, key)) return;
    for (const other of others.filter((name) => isThere(section, name))) {
      const message = `this key and ${key} exclude each other`;
      context.addIssue({ code: 'custom', message, path: [other] });
    }
  };
}

/** Two keys one of which must be there, and not both. */
export function eitherOf(key: string, other: string): CheckSection {
  return (section, context) => {
    excludes(key, other)(section, context);
    if (isThere(section, key) || isThere(section, other)) return;
    context.addIssue({ code: 'custom', message: `one of ${key} and ${other} must be given` });
  };
}

function isThere(section: object, key: string): boolean {
  return Object.entries(section).some(([name, value]) => name === key && value !== undefined);
}
