import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { Emitter, type PublishedSignal } from '../../../src/engine/emitter.ts';
import type { SignalMap } from '../../../src/engine/signals.ts';

const STALE: SignalMap['stale'] = { key: 'a', why: 'if-error' };
const NAMES: readonly (keyof SignalMap)[] = [
  'load',
  'stale',
  'fenced',
  'invalidated',
  'tierError',
  'breaker',
  'channel',
  'tampered',
  'sampled',
];

describe('listeners', () => {
  test('hear the signals of their name, until they stop listening', () => {
    const emitter = new Emitter('n');
    const heard: string[] = [];
    const stop = emitter.on('stale', ({ key }) => void heard.push(`1 ${key}`));
    emitter.on('stale', ({ key }) => void heard.push(`2 ${key}`));
    emitter.on('tampered', () => void heard.push('tampered'));
    emitter.emit('stale', STALE);
    stop();
    stop();
    emitter.emit('stale', { ...STALE, key: 'b' });
    expect(heard).toEqual(['1 a', '2 a', '2 b']);
  });

  test('one function may listen twice, and each stops by itself', () => {
    const emitter = new Emitter('n');
    let heard = 0;
    const listener = (): void => void heard++;
    const stop = emitter.on('stale', listener);
    emitter.on('stale', listener);
    stop();
    emitter.emit('stale', STALE);
    expect(heard).toBe(1);
  });

  test('one who starts or stops others while a signal is on its way changes the next', () => {
    const emitter = new Emitter('n');
    const heard: string[] = [];
    emitter.on('stale', () => {
      stopLast();
      emitter.on('stale', () => void heard.push('late'));
    });
    const stopLast = emitter.on('stale', () => void heard.push('last'));
    emitter.emit('stale', STALE);
    expect(heard).toEqual(['last']);
    emitter.emit('stale', STALE);
    expect(heard).toEqual(['last', 'late']);
  });

  test('what they throw or reject with is counted, and kept from everybody else', async () => {
    const emitter = new Emitter('n');
    const heard: string[] = [];
    emitter.on('stale', () => {
      throw new Error('thrown');
    });
    // oxlint-disable-next-line typescript/no-misused-promises -- what careless callers do
    emitter.on('stale', () => Promise.reject(new Error('rejected')));
    emitter.on('stale', ({ key }) => void heard.push(key));
    expect(() => emitter.emit('stale', STALE)).not.toThrow();
    await Promise.resolve();
    expect(heard).toEqual(['a']);
    expect(emitter.listenerErrors).toEqual({ count: 2, last: new Error('rejected') });
  });
});

describe('hears', () => {
  test.each(NAMES)('%s: only while somebody listens', (name) => {
    const emitter = new Emitter('n');
    expect(NAMES.filter((other) => emitter.hears(other))).toEqual([]);
    const stop = emitter.on(name, () => {});
    expect(NAMES.filter((other) => emitter.hears(other))).toEqual([name]);
    stop();
    expect(emitter.hears(name)).toBe(false);
  });

  test.each(NAMES)('%s: while its diagnostics channel has a subscriber', (name) => {
    const emitter = new Emitter('n');
    const subscriber = (): void => {};
    subscribe(`cachectl:${name}`, subscriber);
    const heard = NAMES.filter((other) => emitter.hears(other));
    unsubscribe(`cachectl:${name}`, subscriber);
    expect(heard).toEqual([name]);
    expect(emitter.hears(name)).toBe(false);
  });
});

test('diagnostics channels hear the signals of all caches, and whose they are', () => {
  const heard: unknown[] = [];
  const subscriber = (signal: unknown): void => void heard.push(signal);
  subscribe('cachectl:stale', subscriber);
  new Emitter('one').emit('stale', STALE);
  const two = new Emitter('two');
  two.on('stale', () => {
    throw new Error('a listener that fails');
  });
  two.emit('stale', STALE);
  unsubscribe('cachectl:stale', subscriber);
  two.emit('stale', STALE);
  const expected: PublishedSignal<'stale'>[] = [
    { ...STALE, namespace: 'one' },
    { ...STALE, namespace: 'two' },
  ];
  expect(heard).toEqual(expected);
});
