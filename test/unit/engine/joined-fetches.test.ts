import { expect, test } from 'vitest';
import type { Fetched } from '../../../src/backends/fenced.ts';
import { JoinedFetches } from '../../../src/engine/joined-fetches.ts';

function bed(): { calls: string[][]; joined: JoinedFetches<Fetched> } {
  const calls: string[][] = [];
  const joined = new JoinedFetches<Fetched>(async (keys) => {
    calls.push([...keys]);
    if (keys.includes('down')) return undefined;
    return keys.map((key): Fetched => ({ state: 'granted', token: `of ${key}` }));
  });
  return { calls, joined };
}

test('fetches that begin at the same time are one call, and each gets its own answer', async () => {
  const { calls, joined } = bed();
  const answers = await Promise.all([
    joined.fetch('a', false),
    joined.fetch('b', false),
    joined.fetch('c', false),
  ]);
  expect(answers).toEqual(['a', 'b', 'c'].map((key) => ({ state: 'granted', token: `of ${key}` })));
  expect(calls).toEqual([['a', 'b', 'c']]);
  await joined.fetch('d', false);
  expect(calls).toEqual([['a', 'b', 'c'], ['d']]);
});

test('a key that is wanted twice is asked for twice: its second lease is not to be mistaken for the first', async () => {
  const { calls, joined } = bed();
  await Promise.all([joined.fetch('a', false), joined.fetch('b', false), joined.fetch('a', false)]);
  expect(calls).toEqual([['a', 'b'], ['a']]);
});

test('when the tier fails all of them hear it, and later ones are not held up', async () => {
  const { joined } = bed();
  expect(await Promise.all([joined.fetch('a', false), joined.fetch('down', false)])).toEqual([
    undefined,
    undefined,
  ]);
  expect(await joined.fetch('a', false)).toMatchObject({ state: 'granted' });
});
