import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { Failures } from '../../../src/engine/failures.ts';

test('a failure is known for its back-off, of its key, until it is forgotten', async () => {
  const clock = new ManualClock();
  const failures = new Failures(clock);
  const error = new Error('down');
  failures.note('a', error, 100);
  failures.note('b', error, 100);
  failures.note('none', error, 0);
  expect(failures.of('a')?.error).toBe(error);
  expect(failures.of('c')).toBeUndefined();
  expect(failures.of('none')).toBeUndefined();
  failures.forget('b');
  expect(failures.of('b')).toBeUndefined();
  await clock.advance(100);
  expect(failures.of('a')).toBeUndefined();
});
