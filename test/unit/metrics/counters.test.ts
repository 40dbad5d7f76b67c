import { describe, expect, test } from 'vitest';
import { ErrorTally } from '../../../src/metrics/counters.ts';

describe('error tally', () => {
  test('counts by message, the most frequent first', () => {
    const tally = new ErrorTally();
    for (const message of ['a', 'b', 'b']) tally.add(new Error(message));
    tally.add('thrown text');
    expect(tally.entries()).toEqual([
      { message: 'b', count: 2 },
      { message: 'a', count: 1 },
      { message: 'thrown text', count: 1 },
    ]);
    expect(tally.total).toBe(4);
  });

  test('keeps the first 20 messages and counts the rest', () => {
    const tally = new ErrorTally();
    for (let i = 0; i < 25; i++) tally.add(new Error(`error ${i}`));
    tally.add(new Error('error 3'));
    tally.add(new Error('error 24'));
    expect(tally.entries().length).toBe(20);
    expect(tally.entries()[0]).toEqual({ message: 'error 3', count: 2 });
    expect(tally.entries().some(({ message }) => message === 'error 24')).toBe(false);
    expect(tally.total).toBe(27);
  });

  test('hides passwords', () => {
    const tally = new ErrorTally();
    tally.add(new Error('cannot reach redis://me:secret@host'));
    expect(tally.entries()[0]?.message).toBe('cannot reach redis://me:***@host');
  });
});
