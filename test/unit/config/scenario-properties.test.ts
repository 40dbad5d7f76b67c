import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCachectlError, type Problem } from '../../../src/base/errors.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';

const MINIMAL = 'name: x\nkind: load\n';

/** None when the text is a scenario; throws whatever is no BAD_SCENARIO. */
function problemsOf(text: string): readonly Problem[] {
  try {
    parseScenario(text, 'f.yaml');
    return [];
  } catch (error) {
    if (!isCachectlError(error, 'BAD_SCENARIO') || error.problems.length === 0) throw error;
    return error.problems;
  }
}

const WORDS =
  'name kind load tiers l1 redis variants id x 5 2s 95% null ~ << __proto__ &a *a !t " \' | > # % [ ] { }';
const BREAKS = [': ', ':\n  ', '\n', '\n- ', ' - ', ', ', '? ', '---\n', '\t', '\r\n'];

test('any text gives a scenario or a BAD_SCENARIO whose places lie in the text', () => {
  const word = fc.constantFrom(...WORDS.split(' '), ...BREAKS);
  const yamlish = fc.array(word, { maxLength: 30 }).map((words) => words.join(''));
  const prefixed = yamlish.map((text) => MINIMAL + text);
  fc.assert(
    fc.property(fc.oneof(yamlish, prefixed, fc.string()), (text) => {
      const lengths = text.split('\n').map((line) => line.length);
      for (const { line = 0, column = 0 } of problemsOf(text)) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lengths.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lengths[line - 1] ?? 0) + 1);
      }
    }),
    { numRuns: 700 },
  );
});

test('a problem points at the value, wherever it stands', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.boolean(), (blankLines, spaces, quoted) => {
      const value = quoted ? '"oops"' : 'oops';
      const text = `${MINIMAL}${'\n'.repeat(blankLines)}warmup:${' '.repeat(spaces + 1)}${value}\n`;
      expect(problemsOf(text)).toMatchObject([{ line: 3 + blankLines, column: 9 + spaces }]);
    }),
  );
});
