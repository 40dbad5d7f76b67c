import { describe, expect, test } from 'vitest';
import { History, type Invalidation } from './history.ts';
import { judge, type Rules } from './judge.ts';

const BOUND_MS = 100;
const RULES: Rules = { boundMs: BOUND_MS };

/** A history in a line each: key `k`, instance 1 unless told. */
class Told extends History {
  installed(version: number, atMs: number, key = 'k'): this {
    this.installs.push({ key, version, atMs });
    return this;
  }

  read(version: number | undefined, startMs: number, endMs: number, instance = 1): this {
    this.reads.push({ instance, key: 'k', startMs, endMs, version });
    return this;
  }

  lastRead(version: number, startMs: number, instance = 1): this {
    this.reads.push({ instance, key: 'k', startMs, endMs: startMs + 1, version, isLast: true });
    return this;
  }

  invalidated(startMs: number, doneMs: number | undefined, more: Partial<Invalidation> = {}): this {
    this.invalidations.push({
      instance: 1,
      keys: ['k'],
      what: 'key',
      startMs,
      doneMs,
      coversMs: startMs,
      ...more,
    });
    return this;
  }

  load(version: number | undefined, startMs: number, endMs: number, instance = 1): this {
    this.loads.push({ instance, key: 'k', askedMs: startMs - 1, startMs, endMs, version });
    return this;
  }
}

const rulesBroken = (history: History, rules: Rules = RULES): string[] =>
  judge(history, rules).map(({ rule }) => rule);

/** Version 1, then 2 that instance 1 invalidated from 20 to 30. */
const changed = (): Told => new Told().installed(1, 0).installed(2, 10).invalidated(20, 30);

describe('a stale read', () => {
  test.each([
    ['the old version before the acknowledgement', changed().read(1, 29, 500, 1), []],
    ['the old version right after it', changed().read(1, 31, 40, 1), ['stale']],
    ['another instance, within the bound', changed().read(1, 30 + BOUND_MS, 500, 2), []],
    ['another instance, after the bound', changed().read(1, 31 + BOUND_MS, 500, 2), ['stale']],
    ['the new version', changed().read(2, 11, 12, 1).read(2, 500, 501, 2), []],
    ['nothing at all', changed().read(undefined, 500, 501, 1), []],
    [
      'a failed invalidation',
      new Told().installed(1, 0).installed(2, 10).invalidated(20, undefined).read(1, 500, 501),
      [],
    ],
    [
      'an invalidation that began before the install',
      new Told().installed(1, 0).installed(2, 21).invalidated(20, 30).read(1, 500, 501),
      [],
    ],
    [
      'a write that installed on its way',
      new Told().installed(1, 0).installed(2, 21).invalidated(20, 30, { coversMs: 21 }).read(1, 31, 32),
      ['stale'],
    ],
    [
      'others who were not told yet',
      new Told().installed(1, 0).installed(2, 10).invalidated(20, 30, { toldMs: 400 }).read(1, 450, 451, 2),
      [],
    ],
    [
      'others who were told by then',
      new Told().installed(1, 0).installed(2, 10).invalidated(20, 30, { toldMs: 400 }).read(1, 501, 502, 2),
      ['stale'],
    ],
    ['a later invalidation that covers less', changed().invalidated(5, 60).read(1, 70, 71), ['stale']],
    [
      'another key',
      new Told()
        .installed(1, 0)
        .installed(2, 10)
        .invalidated(20, 30, { keys: ['other'] })
        .read(1, 500, 501),
      [],
    ],
  ] satisfies [string, Told, string[]][])('%s', (_name, history, expected) => {
    expect(rulesBroken(history)).toEqual(expected);
  });

  test('is told with instance, times and versions', () => {
    const [violation] = judge(changed().read(1, 31, 40, 1), RULES);
    expect(violation?.message).toBe(
      'instance 1 read k from 31.000 ms to 40.000 ms and got version 1: version 2 was acknowledged before',
    );
  });

  test('with no bound, as strict instances are held to', () => {
    expect(rulesBroken(changed().read(1, 31, 40, 2), { boundMs: 0 })).toEqual(['stale']);
    expect(rulesBroken(changed().read(1, 29, 40, 2), { boundMs: 0 })).toEqual([]);
  });
});

describe('reading backwards', () => {
  test('an instance that has read what was acknowledged does not go back, not even within the bound', () => {
    expect(rulesBroken(changed().read(2, 15, 16, 2).read(1, 31, 32, 2))).toEqual(['backwards']);
  });

  test.each([
    ['before the acknowledgement it may', changed().read(2, 15, 16, 2).read(1, 17, 18, 2)],
    ['another instance may be behind', changed().read(2, 15, 16, 2).read(1, 31, 32, 3)],
    ['reads at the same time have no order', changed().read(2, 15, 40, 2).read(1, 31, 35, 2)],
  ] satisfies [string, Told][])('%s', (_name, history) => {
    expect(rulesBroken(history)).toEqual([]);
  });
});

describe('a step back to what nobody had acknowledged', () => {
  /** Instance 2 read version 2, then 1 again, from 17 to 18, when nothing was acknowledged. */
  const steppedBack = (): Told => changed().read(2, 15, 16, 2).read(1, 17, 18, 2);

  test('may last beyond the acknowledgement, for as long as the bound', () => {
    expect(rulesBroken(steppedBack().read(1, 31, 32, 2))).toEqual([]);
    expect(rulesBroken(steppedBack().read(1, 31 + BOUND_MS, 500, 2))).toEqual(['stale']);
  });

  test('ends when the newer is read again', () => {
    expect(rulesBroken(steppedBack().read(2, 31, 32, 2).read(1, 33, 34, 2))).toEqual(['backwards']);
  });

  test.each([
    ['who was under way all the time has not stepped back', changed().read(2, 15, 16, 2).read(1, 14, 18, 2)],
    ['what was read beside it counts', changed().read(2, 12, 13, 2).read(1, 14, 19, 2).read(2, 15, 18, 2)],
    ['nothing takes nothing back', changed().read(2, 15, 16, 2).read(undefined, 17, 18, 2)],
  ] satisfies [string, Told][])('%s', (_name, history) => {
    expect(rulesBroken(history.read(1, 31, 32, 2))).toEqual(['backwards']);
  });
});

test('who was refused an invalidation is not behind it himself, where it remembers', () => {
  const refused = (rejectedMs?: number): Told =>
    new Told()
      .installed(1, 0)
      .installed(2, 10)
      .invalidated(20, undefined, rejectedMs === undefined ? {} : { rejectedMs });
  expect(rulesBroken(refused(30).read(1, 31, 32, 1))).toEqual(['stale']);
  expect(rulesBroken(refused(30).read(1, 29, 40, 1).read(1, 500, 501, 2))).toEqual([]);
  expect(rulesBroken(refused().read(1, 31, 32, 1))).toEqual([]);
});

describe('what was never written', () => {
  test.each([
    ['a version beyond the newest', new Told().installed(1, 0).read(2, 5, 6)],
    ['before it was installed', new Told().installed(1, 10).read(1, 5, 9)],
    ['no version at all', new Told().installed(1, 0).read(0.5, 5, 6)],
    ['another key’s', new Told().installed(1, 0, 'other').read(1, 5, 6)],
  ] satisfies [string, Told][])('%s', (_name, history) => {
    expect(rulesBroken(history)).toEqual(['invented']);
  });

  test('a read that ends after the install may have seen it', () => {
    expect(rulesBroken(new Told().installed(1, 10).read(1, 5, 11))).toEqual([]);
  });
});

test('when all is quiet every instance reads the newest, whether its invalidation was acknowledged or not', () => {
  const history = new Told().installed(1, 0).installed(2, 10).invalidated(20, undefined);
  expect(rulesBroken(history.lastRead(2, 1000))).toEqual([]);
  expect(rulesBroken(history.lastRead(1, 1001, 2))).toEqual(['diverged']);
});

test('a key is loaded so often for each invalidation', () => {
  const history = changed().load(1, 1, 2).load(2, 31, 32);
  expect(rulesBroken(history, { ...RULES, loadsPerInvalidation: 1 })).toEqual([]);
  expect(rulesBroken(history.load(2, 33, 34), { ...RULES, loadsPerInvalidation: 1 })).toEqual(['loads']);
  expect(rulesBroken(history, { ...RULES, loadsPerInvalidation: 2 })).toEqual([]);
});

describe('the throttle', () => {
  const rules: Rules = { ...RULES, throttleMs: 50 };
  const failed = (): Told => new Told().installed(1, 0).load(undefined, 10, 20);
  test.each([
    ['nobody tries within it', failed().load(1, 60, 61), ['throttle']],
    ['afterwards one may', failed().load(1, 70, 71), []],
    ['one that was under way then is no new one', failed().load(1, 15, 30), []],
    ['an invalidation ends it', failed().invalidated(30, 40).load(1, 45, 46), []],
    [
      'one that came between the lease and the load ended it too',
      failed().invalidated(8, 9.5).load(1, 45, 46),
      [],
    ],
    ['an old invalidation does not', failed().invalidated(1, 2).load(1, 45, 46), ['throttle']],
    ['a load that went well has none', new Told().installed(1, 0).load(1, 10, 20).load(1, 21, 22), []],
  ] satisfies [string, Told, string[]][])('%s', (_name, history, expected) => {
    expect(rulesBroken(history, rules)).toEqual(expected);
  });
});

test('a value is not read beyond its lifetime', () => {
  const rules: Rules = { ...RULES, lifetimeMs: 60 };
  const history = new Told().installed(1, 0);
  const read = { instance: 1, key: 'k', version: 1, bornMs: 5 };
  history.reads.push({ ...read, startMs: 65, endMs: 66 });
  expect(rulesBroken(history, rules)).toEqual([]);
  history.reads.push({ ...read, startMs: 66, endMs: 67 });
  expect(rulesBroken(history, rules)).toEqual(['expired']);
});

test('judges a million operations in seconds, and finds the one that is wrong', { timeout: 90_000 }, () => {
  const history = new Told();
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  for (let i = 0; i < 1_000_000; i++) {
    const key = keys[i % 100] as string;
    const round = Math.floor(i / 1000);
    if (i % 1000 < 100) {
      history.installs.push({ key, version: round + 1, atMs: i });
      history.invalidations.push({
        instance: 0,
        keys: [key],
        what: 'key',
        startMs: i + 0.1,
        doneMs: i + 0.2,
        coversMs: i + 0.1,
      });
    } else {
      const version = i === 765_432 ? round : round + 1;
      history.reads.push({ instance: i % 8, key, startMs: i, endMs: i + 0.5, version });
    }
  }
  const before = process.cpuUsage();
  expect(rulesBroken(history)).toEqual(['stale']);
  expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
});
