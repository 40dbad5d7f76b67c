import { expect, test } from 'vitest';
import { interpolate } from '../../../src/config/interpolate.ts';

const env = { HOST: 'cache', EMPTY: '', DOLLAR: '${HOST}' };
const UNSET = (name: string): string => `the environment variable ${name} is not set`;
const FORM = 'expected ${NAME} or ${NAME:-default}; write $${ for ${ itself';

test.for<[text: string, result: string, names: string[], problems: string[]]>([
  ['plain $5 text}', 'plain $5 text}', [], []],
  ['${HOST}', 'cache', ['HOST'], []],
  ['a${HOST}b${HOST}', 'acachebcache', ['HOST', 'HOST'], []],
  ['${EMPTY}', '', ['EMPTY'], []],
  ['${EMPTY:-x}', 'x', ['EMPTY'], []],
  ['${NONE:-}', '', ['NONE'], []],
  ['${NONE:-a:-b}', 'a:-b', ['NONE'], []],
  ['${DOLLAR}', '${HOST}', ['DOLLAR'], []],
  ['$${HOST}', '${HOST}', [], []],
  ['$${HOST}${HOST}', '${HOST}cache', ['HOST'], []],
  ['${NONE}', '${NONE}', ['NONE'], [UNSET('NONE')]],
  ['${NONE}${OTHER}', '${NONE}${OTHER}', ['NONE', 'OTHER'], [UNSET('NONE'), UNSET('OTHER')]],
  ['${}', '${}', [], [FORM]],
  ['${A B}', '${A B}', [], [FORM]],
  ['${HOST', '${HOST', [], [FORM]],
])('%s', ([text, result, names, problems]) => {
  expect(interpolate(text, env)).toMatchObject({ text: result, names, problems });
});

test('a text that is one reference is told from one that holds some', () => {
  const whole = ['${A}', '${A:-b}', 'x${A}', '${A}${B}', '$${A}'].map((text) => interpolate(text, {}).whole);
  expect(whole).toEqual([true, true, false, false, false]);
});
