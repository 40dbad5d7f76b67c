import { InvalidArgumentError } from 'commander';
import { parseDuration, parseRate } from '../base/units.ts';

type OptionParser = (text: string) => number;

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

function optionParser(parse: (text: string) => number | undefined, expected: string): OptionParser {
  return (text) => {
    const value = parse(text);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}
