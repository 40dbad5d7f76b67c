import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { Acknowledgements } from '../../../../src/engine/coherence/audience.ts';
import { Outbox } from '../../../../src/engine/coherence/outbox.ts';
import { Proof } from '../../../../src/engine/coherence/proof.ts';
import { openQuietChannel } from '../../../../src/engine/coherence/quiet-channel.ts';
import { Sources } from '../../../../src/engine/coherence/sources.ts';
import { stampOf, trusts } from '../../../../src/engine/coherence/trust.ts';
import { conclude } from '../../../../src/engine/coherence/channel.ts';
import { keys, outcomeOf } from './instances.ts';

const MINUTE = 60_000;

describe('the numbers of a source', () => {
  const gaps = (heard: readonly (readonly ['tidings' | 'reached', number])[]): boolean[] => {
    const sources = new Sources(700);
    return heard.map(([how, number]) => sources[how]('a', number, 0).gap);
  };

  test.each([
    [
      'from 1 on, all there',
      [
        ['tidings', 1],
        ['tidings', 2],
        ['reached', 2],
      ],
      [false, false, false],
    ],
    [
      'one is missing',
      [
        ['tidings', 1],
        ['tidings', 3],
        ['tidings', 4],
      ],
      [false, true, false],
    ],
    [
      'the last is missing',
      [
        ['tidings', 1],
        ['reached', 2],
        ['reached', 2],
      ],
      [false, true, false],
    ],
    ['first seen at 2', [['tidings', 2]], [true]],
    ['first seen when it has said something', [['reached', 1]], [true]],
    [
      'first seen when it has said nothing',
      [
        ['reached', 0],
        ['tidings', 1],
      ],
      [false, false],
    ],
    [
      'doubled',
      [
        ['tidings', 1],
        ['tidings', 1],
        ['tidings', 2],
      ],
      [false, false, false],
    ],
    [
      'late',
      [
        ['tidings', 2],
        ['tidings', 1],
        ['tidings', 3],
      ],
      [true, false, false],
    ],
    [
      'an old heartbeat takes nothing back',
      [
        ['tidings', 1],
        ['reached', 0],
        ['tidings', 2],
      ],
      [false, false, false],
    ],
  ] as const)('%s', (_what, heard, expected) => {
    expect(gaps(heard)).toEqual(expected);
  });

  test('whatever is lost, doubled or late: what was never heard is followed by a gap', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 12 }), (arrivals) => {
        const sources = new Sources(700);
        const covered = new Set<number>();
        let top = 0;
        for (const number of arrivals) {
          covered.add(number);
          top = Math.max(top, number);
          // A gap flushes, so it covers all that came before.
          if (sources.tidings('a', number, 0).gap) for (let n = 1; n < number; n++) covered.add(n);
        }
        for (let n = 1; n <= top; n++) expect(covered.has(n)).toBe(true);
      }),
    );
  });

  test('after ten silent minutes a source is forgotten, and a stranger again', () => {
    const sources = new Sources(700);
    sources.tidings('a', 1, 0);
    sources.tidings('b', 1, 5 * MINUTE);
    sources.sweep(10 * MINUTE - 1);
    expect(sources.size).toBe(2);
    sources.sweep(10 * MINUTE);
    expect(sources.size).toBe(1);
    expect(sources.tidings('a', 2, 10 * MINUTE)).toEqual({ first: true, gap: true });
  });

  test('the table is bounded', () => {
    const sources = new Sources(700, 3);
    for (let n = 0; n < 100; n++) sources.reached(`s${n}`, 0, n);
    expect(sources.size).toBe(3);
    expect(sources.reached('s99', 0, 100).first).toBe(false);
  });

  test('silence is told once, until it is heard again', () => {
    const sources = new Sources(700);
    sources.reached('a', 0, 0);
    expect(sources.sweep(699)).toEqual([]);
    expect(sources.sweep(700)).toEqual(['a']);
    expect(sources.sweep(800)).toEqual([]);
    sources.reached('a', 0, 900);
    expect(sources.sweep(1600)).toEqual(['a']);
  });
});

describe('what waits for the bus', () => {
  test('is one message, each name once', () => {
    const outbox = new Outbox();
    expect(outbox.empty).toBe(true);
    outbox.add({ keys: ['a', 'b'], tags: ['t'], page: false });
    outbox.add({ keys: ['b', 'c'], tags: ['t'], page: true });
    expect(outbox.empty).toBe(false);
    expect(outbox.take()).toEqual({ keys: ['a', 'b', 'c'], tags: ['t'], page: true });
    expect(outbox.empty).toBe(true);
    expect(outbox.take()).toEqual({ keys: [], tags: [], page: false });
  });

  test('becomes everything when it is too much, and begins anew when that is sent', () => {
    const everything = { keys: [], tags: [], page: true, all: true };
    const outbox = new Outbox(3);
    outbox.add({ keys: ['a', 'b'], tags: ['t'], page: false });
    outbox.add(keys('a'));
    expect(outbox.take()).toEqual({ keys: ['a', 'b'], tags: ['t'], page: false });
    outbox.add({ keys: ['a', 'b', 'c', 'd'], tags: [], page: false });
    outbox.add(keys('e'));
    expect(outbox.empty).toBe(false);
    expect(outbox.take()).toEqual(everything);
    outbox.add(keys('f'));
    expect(outbox.take()).toEqual(keys('f'));
    outbox.add({ keys: [], tags: [], page: false, all: true });
    expect(outbox.take()).toEqual(everything);
  });
});

describe('the proof', () => {
  test('counts from when the beat was sent, and an older one takes nothing away', () => {
    const proof = new Proof('bounded', 1000);
    const old = proof.send(true, 0);
    const young = proof.send(true, 300);
    expect(proof.returned(young, 900)?.untilMs).toBe(1300);
    proof.extend(1300);
    proof.extend(proof.returned(old, 950)?.untilMs ?? 0);
    expect(proof.provenUntilMs).toBe(1300);
    expect([proof.holds(1299), proof.holds(1300)]).toEqual([true, false]);
  });

  test('a beat proves nothing twice, nor when it is as old as a proof lasts, nor after the channel was lost', () => {
    const proof = new Proof('bounded', 1000);
    const beat = proof.send(true, 0);
    expect(proof.returned(beat, 999)).toBeDefined();
    expect(proof.returned(beat, 999)).toBeUndefined();
    const late = proof.send(true, 0);
    expect(proof.returned(late, 1000)).toBeUndefined();
    const before = proof.send(true, 1000);
    proof.lose();
    expect(proof.returned(before, 1001)).toBeUndefined();
  });

  test('a beat that has not come back is missed when a later one does, as long as it could have proven anything', () => {
    const proof = new Proof('bounded', 1000);
    proof.send(true, 0);
    expect(proof.returned(proof.send(true, 999), 999)?.skips).toBe(true);
    expect(proof.returned(proof.send(true, 999), 999)?.skips).toBe(false);
    proof.send(true, 1000);
    expect(proof.returned(proof.send(true, 2000), 2000)?.skips, 'given up by then').toBe(false);
    proof.refused(proof.send(true, 2000));
    expect(proof.returned(proof.send(true, 2000), 2000)?.skips).toBe(false);
  });

  test('what was learnt may be as old as the bound, but not when strict', () => {
    for (const [level, expected] of [
      ['bounded', true],
      ['partition-safe', true],
      ['strict', false],
    ] as const) {
      const proof = new Proof(level, 1000);
      expect(trusts(proof, stampOf(proof, 0), 999), level).toBe(expected);
      expect(trusts(proof, stampOf(proof, 0), 1000), level).toBe(false);
    }
  });
});

describe('acknowledgements', () => {
  test('whoever is found when the message is repeated is asked as well: the server may have forgotten its audience', async () => {
    const clock = new ManualClock();
    const acknowledgements = new Acknowledgements('me', clock);
    acknowledgements.expect(1);
    const found = [
      { member: 'me', forMs: 1000 },
      { member: 'you', forMs: 900 },
    ];
    const outcome = outcomeOf(
      acknowledgements.everybody(1, [{ member: 'unknown', forMs: 100 }], async () => found),
    );
    await clock.advance(200);
    expect(outcome.state).toBe('pending');
    acknowledgements.heard('you', 1);
    await clock.advance(0);
    expect(outcome.state).toBe('resolved');
  });

  test('nothing is remembered of a message that is settled, one way or another', async () => {
    const clock = new ManualClock();
    const acknowledgements = new Acknowledgements('me', clock);
    const audience = [{ member: 'you', forMs: 100 }];
    for (const number of [1, 2, 3, 4]) acknowledgements.expect(number);
    expect(acknowledgements.waiting).toBe(4);
    acknowledgements.heard('you', 1);
    await acknowledgements.everybody(1, audience, async () => audience);
    const never = outcomeOf(acknowledgements.everybody(2, audience, async () => audience));
    const gone = outcomeOf(acknowledgements.everybody(3, audience, async () => []));
    acknowledgements.forget(4);
    await clock.advance(1000);
    expect([never.state, gone.state]).toEqual(['rejected', 'resolved']);
    acknowledgements.heard('you', 5);
    expect(acknowledgements.waiting).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

test('a channel without a bus is trusted for ever and takes every draft', async () => {
  const channel = openQuietChannel();
  await channel.start();
  expect(trusts(channel.trust, stampOf(channel.trust, 0), Number.MAX_VALUE)).toBe(true);
  const draft = channel.draft(keys('a'));
  expect(await draft.notice.bus.publish(draft.notice.message)).toEqual([]);
  await conclude(draft, { audience: undefined });
  await conclude(channel.draft(keys('b')), { audience: [] });
  channel.draft(keys('c')).failed();
  await channel.close();
});
