import { InvalidArgumentError } from 'commander';
import type { Share } from '../bench/share.ts';
import { parseDuration, parseRate } from '../base/units.ts';

type OptionParser<Value = number> = (text: string) => Value;

/** Parsers of option values: each gives the number in the unit that the code uses, or says what was expected. */
export const durationOption: OptionParser = optionParser(
  parseDuration,
  'a time with a unit, such as 500ms, 30s or 5m',
);
export const rateOption: OptionParser = optionParser(
  parseRate,
  'operations per second, such as 2000, 2000/s or 5k/s',
);
export const countOption: OptionParser = optionParser(
  (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  'a whole number',
);

/** `2/3`: the second of three parts. */
export const shardOption: OptionParser<Share> = optionParser((text) => {
  const [, place = '0', count = '0'] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const share = { index: Number(place) - 1, count: Number(count) };
  return share.index >= 0 && share.index < share.count ? share : undefined;
}, 'which part of how many, such as 1/3');

/** A time of the wall clock, with its zone. */
export const timeOption: OptionParser = optionParser((text) => {
  const at = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}, 'a time with its zone, such as 2026-05-01T12:00:00Z');

function optionParser<Value>(
  parse: (text: string) => Value | undefined,
  expected: string,
): OptionParser<Value> {
  return (text) => {
    const value = parse(text);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}
