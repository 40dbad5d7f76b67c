import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fetched, FencedAccess, HeldLease, Lease } from '../../src/backends/fenced.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { describeFaults } from './fenced-faults.ts';
import { describeFencedModel } from './fenced-model.ts';
import { describeNotices } from './fenced-notices.ts';
import { describeFencedRaces } from './fenced-races.ts';
import {
  allCalls,
  bytes,
  type FencedUnderTest,
  fencedOf,
  LONG_MS,
  textOf,
  tokenOf,
} from './fenced-subject.ts';
import { eventually } from './tier-contract.ts';

/** Holds fenced access to its contract (src/backends/fenced.ts). */
export function describeFencedContract(name: string, open: () => Promise<FencedUnderTest>): void {
  describe(`fenced contract: ${name}`, () => {
    let subject: FencedUnderTest;
    let near: FencedAccess;
    let far: FencedAccess;
    let step: number;
    let id = 0;
    let key = '';
    beforeAll(async () => {
      subject = await open();
      near = fencedOf(subject.near);
      far = fencedOf(subject.far);
      step = subject.near.capabilities.ttlResolutionMs;
    });
    beforeEach(() => {
      key = `ns:f${id++}`;
    });
    afterAll(() => subject?.dispose());

    /** A time that is short on this server, and how long to wait for its end. */
    const short = (): { ms: number; over: number } =>
      step === 1 ? { ms: 150, over: 210 } : { ms: step, over: 2 * step + 60 };
    const granted = async (access: FencedAccess = near, leaseMs = LONG_MS): Promise<string> =>
      tokenOf(await access.fetch(key, leaseMs));
    const fill = async (access: FencedAccess, token: string, value = 'filled'): Promise<boolean> =>
      (await access.fill([{ key, token, value: bytes(value), ttlMs: LONG_MS }]))[0] === true;
    const fetched = async (access: FencedAccess = far): Promise<string> =>
      textOf(await access.fetch(key, LONG_MS));

    describe('reads', () => {
      test('a miss grants a lease, a fill with it stores, and everybody hits', async () => {
        const token = await granted();
        expect(token).not.toBe('');
        expect(await fill(near, token)).toBe(true);
        expect(await fetched(near)).toBe('filled');
        expect(await fetched(far)).toBe('filled');
        expect(Buffer.from((await subject.far.get(key))?.value ?? []).toString()).toBe('filled');
      });

      test('who does not ask for the time is given the entry all the same, and the lease of what is not there', async () => {
        const keys = Array.from({ length: 60 }, (_, i) => `${key}:${i}`);
        await near.store(keys.map((own) => ({ key: own, value: bytes(own), ttlMs: LONG_MS })));
        const options = { withTtl: false };
        for (let round = 0; round < 3; round++) {
          const hits = await near.fetchMany(keys, LONG_MS, options);
          expect(hits.map(textOf)).toEqual(keys);
          expect(textOf(await near.fetch(`${key}:7`, LONG_MS, options))).toBe(`${key}:7`);
        }
        await near.invalidate([`${key}:3`, `${key}:5`]);
        const mixed = await near.fetchMany(
          [2, 3, 4, 5].map((i) => `${key}:${i}`),
          LONG_MS,
          options,
        );
        expect(mixed.map(({ state }) => state)).toEqual(['hit', 'granted', 'hit', 'granted']);
        expect((await far.fetch(`${key}:3`, LONG_MS, options)).state).toBe('held');
        expect(await fill(near, await granted())).toBe(true);
        const token = tokenOf(mixed[3]);
        const value = bytes('anew');
        expect(await near.fill([{ key: `${key}:5`, token, value, ttlMs: LONG_MS }])).toEqual([true]);
        expect(textOf(await far.fetch(`${key}:5`, LONG_MS, options))).toBe('anew');
      });

      test('one holder at a time, whoever asks and however', async () => {
        await granted();
        expect(await fetched(near)).toBe('held');
        expect(await fetched(far)).toBe('held');
        expect(textOf(await far.acquire(key, LONG_MS))).toBe('held');
      });

      test('of 50 that ask at once one is granted; tokens of later leases differ', async () => {
        const all = await Promise.all(
          Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? near : far).fetch(key, LONG_MS)),
        );
        const [winner, ...others] = all.filter(({ state }) => state === 'granted');
        expect(others).toEqual([]);
        expect(all.filter(({ state }) => state === 'held')).toHaveLength(49);
        await near.invalidate([key]);
        expect(await granted()).not.toBe(tokenOf(winner));
      });

      test('a hit tells the time that is left; none where the entry does not expire', async () => {
        const ttlMs = 10_000;
        await near.store([{ key, value: bytes('v'), ttlMs }]);
        const limited = await far.fetch(key, LONG_MS);
        if (limited.state !== 'hit') throw new Error(`it is ${limited.state}`);
        if (subject.near.capabilities.reportsTtl) {
          expect(limited.hit.ttlMs).toBeGreaterThan(0);
          expect(limited.hit.ttlMs).toBeLessThanOrEqual(ttlMs);
        } else expect(limited.hit.ttlMs).toBeUndefined();
        await near.store([{ key, value: bytes('v') }]);
        const [unlimited] = await far.fetchMany([key], LONG_MS);
        if (unlimited?.state !== 'hit') throw new Error('it is no hit');
        expect(unlimited.hit.ttlMs).toBeUndefined();
      });

      test('an expired entry is a miss', async () => {
        const { ms, over } = short();
        await near.fill([{ key, token: await granted(), value: bytes('v'), ttlMs: ms }]);
        await subject.pass(over);
        expect(await fetched()).toBe('granted');
      });

      test('an empty value is a value, and every byte comes back', async () => {
        expect(await fill(near, await granted(), '')).toBe(true);
        const empty = await far.fetch(key, LONG_MS);
        expect(empty.state === 'hit' && empty.hit.value.byteLength).toBe(0);
        const tricky = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
        await near.store([{ key, value: tricky, ttlMs: LONG_MS }]);
        const hit = await far.fetch(key, LONG_MS);
        expect(hit.state === 'hit' && Buffer.from(hit.hit.value).equals(tricky)).toBe(true);
      });

      test('keys of 250 bytes and beyond ASCII', async () => {
        for (const awkward of [
          'k'.repeat(250),
          `ns:${'ä'.repeat(120)}`,
          'ns:größe:😀',
          'ns:*?[a]\\^$"\'~lease',
        ]) {
          const token = tokenOf(await near.fetch(awkward, LONG_MS));
          expect(await near.fill([{ key: awkward, token, value: bytes(awkward) }])).toEqual([true]);
          expect(textOf(await far.fetch(awkward, LONG_MS))).toBe(awkward);
          expect((await far.invalidate([awkward])).removed).toBe(1);
        }
      });

      test('leases, claims and notes of failure are no entries', async () => {
        const unseen = async (): Promise<void> => {
          expect(await subject.far.get(key)).toBeUndefined();
          expect(await subject.far.get(key, { withTtl: true })).toBeUndefined();
          expect(await subject.far.getMany([key, `${key}x`])).toEqual([undefined, undefined]);
        };
        const token = await granted();
        await unseen();
        await near.release([{ key, token }], { message: 'why', forMs: LONG_MS });
        await unseen();
        await near.claim([key], LONG_MS);
        await unseen();
        expect((await near.invalidate([key])).removed).toBe(0);
      });
    });

    describe('what voids a lease', () => {
      const voids: readonly (readonly [string, (access: FencedAccess) => Promise<unknown>])[] = [
        ['store', (access) => access.store([{ key, value: bytes('stored'), ttlMs: LONG_MS }])],
        ['store with a TTL of 0', (access) => access.store([{ key, value: bytes('stored'), ttlMs: 0 }])],
        ['invalidate', (access) => access.invalidate([key])],
        ['claim', (access) => access.claim([key], LONG_MS)],
        [
          "settle with another's token",
          (access) => access.settle([{ key, token: 'another', value: bytes('settled'), ttlMs: LONG_MS }]),
        ],
      ];
      for (const [what, change] of voids) {
        test.each(['near', 'far'] as const)(`${what}, by %s`, async (who) => {
          const token = await granted();
          await change(who === 'near' ? near : far);
          const before = await subject.near.get(key);
          expect(await near.renew(key, token, LONG_MS)).toBeUndefined();
          expect(await fill(near, token, 'late')).toBe(false);
          expect(await subject.near.get(key)).toEqual(before);
        });
      }

      test('its own end: of time', async () => {
        const { ms, over } = short();
        const token = await granted(near, ms);
        await subject.pass(over);
        expect(await near.renew(key, token, LONG_MS)).toBeUndefined();
        expect(await fill(near, token)).toBe(false);
        const other = await granted(far);
        expect(await fill(near, token)).toBe(false);
        expect(await fill(far, other, 'other')).toBe(true);
        expect(await fetched()).toBe('other');
      });

      test('its own end: by fill, release and settle', async () => {
        const filled = await granted();
        expect(await fill(near, filled, 'one')).toBe(true);
        expect(await fill(near, filled, 'two')).toBe(false);
        expect(await fetched()).toBe('one');
        await near.invalidate([key]);
        const released = await granted();
        await near.release([{ key, token: released }]);
        expect(await fill(near, released)).toBe(false);
        const settled = await granted();
        expect((await near.settle([{ key, token: settled, value: bytes('s') }])).stored).toEqual([true]);
        expect(await fill(near, settled)).toBe(false);
      });

      test('the entry of a void fill is not dropped, and a lease granted since is not ended', async () => {
        const token = await granted();
        await far.invalidate([key]);
        const next = await granted(far);
        expect(await fill(near, token, 'late')).toBe(false);
        expect(await fetched(near)).toBe('held');
        expect(await fill(far, next, 'right')).toBe(true);
        expect(await fill(near, token, 'late')).toBe(false);
        expect(await fetched(near)).toBe('right');
      });

      test('a lost server: a token of before fills nothing after', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        const token = await granted();
        await subject.faults.kill();
        await subject.faults.restart();
        await eventually(async () => expect(await fill(near, token)).toBe(false));
        await eventually(async () => expect(await subject.far.get(key)).toBeUndefined());
      });
    });

    describe('refresh', () => {
      test('acquire leases although there is an entry, which stays and is hit; the fill replaces it', async () => {
        await near.store([{ key, value: bytes('old'), ttlMs: LONG_MS }]);
        const token = tokenOf(await near.acquire(key, LONG_MS));
        expect(await fetched()).toBe('old');
        expect(textOf(await far.acquire(key, LONG_MS))).toBe('held');
        expect(await fill(near, token, 'new')).toBe(true);
        expect(await fetched()).toBe('new');
        expect(textOf(await far.acquire(key, LONG_MS))).toBe('granted');
      });

      test('a refresh that an invalidation or a store overtook is refused', async () => {
        await near.store([{ key, value: bytes('old'), ttlMs: LONG_MS }]);
        const first = tokenOf(await near.acquire(key, LONG_MS));
        await far.store([{ key, value: bytes('newer'), ttlMs: LONG_MS }]);
        expect(await fill(near, first, 'late')).toBe(false);
        expect(await fetched()).toBe('newer');
        const second = tokenOf(await near.acquire(key, LONG_MS));
        await far.invalidate([key]);
        expect(await fill(near, second, 'late')).toBe(false);
        expect(await fetched()).toBe('granted');
      });

      test('acquire of a missing entry is a lease as any', async () => {
        const token = tokenOf(await near.acquire(key, LONG_MS));
        expect(await fetched()).toBe('held');
        expect(await fill(near, token)).toBe(true);
      });

      test('a renewed lease lives on, under the token that was answered; only the holder renews', async () => {
        const { ms, over } = short();
        const token = await granted(near, step === 1 ? 2 * ms : 2 * step);
        expect(await far.renew(key, 'another', LONG_MS)).toBeUndefined();
        const renewed = await near.renew(key, token, LONG_MS);
        if (renewed === undefined) throw new Error('the lease was held');
        await subject.pass(2 * over);
        expect(await fetched()).toBe('held');
        expect(await fill(near, renewed)).toBe(true);
      });
    });

    describe('release', () => {
      test('frees a lease that is held, and leaves what is not held alone', async () => {
        const token = await granted();
        await far.release([{ key, token: 'another' }]);
        expect(await fetched()).toBe('held');
        await near.release([{ key, token }]);
        const next = await granted(far);
        await near.release([{ key, token }]);
        await near.release([{ key, token }], { message: 'late', forMs: LONG_MS });
        expect(await fetched(near)).toBe('held');
        expect(await fill(far, next)).toBe(true);
        await near.release([{ key, token }], { message: 'late', forMs: LONG_MS });
        expect(await fetched(near)).toBe('filled');
        await near.release([]);
      });

      test('with a note of failure: who asks is told of it until its time is over', async () => {
        const { ms, over } = short();
        const message = 'größe: "no" such table\n%s';
        await near.release([{ key, token: await granted() }], { message, forMs: ms });
        const told: (Lease | Fetched | undefined)[] = [
          await near.fetch(key, LONG_MS),
          await far.acquire(key, LONG_MS),
          (await far.fetchMany([key], LONG_MS))[0],
        ];
        for (const answer of told) {
          if (answer?.state !== 'failed') throw new Error(`it is ${answer?.state ?? 'missing'}`);
          expect(answer.message).toBe(message);
          expect(answer.forMs).toBeGreaterThan(0);
          expect(answer.forMs).toBeLessThanOrEqual(Math.max(ms, step));
        }
        await subject.pass(over);
        expect(await fetched()).toBe('granted');
      });

      test('a note of failure hides no entry, but nobody is to refresh it', async () => {
        await near.store([{ key, value: bytes('old'), ttlMs: LONG_MS }]);
        const token = tokenOf(await near.acquire(key, LONG_MS));
        await near.release([{ key, token }], { message: 'no', forMs: LONG_MS });
        expect(await fetched()).toBe('old');
        expect(textOf(await far.acquire(key, LONG_MS))).toBe('failed');
      });

      test('a note of failure is ended by store, invalidate, claim and settle', async () => {
        const ends: readonly (() => Promise<unknown>)[] = [
          () => far.store([{ key, value: bytes('v'), ttlMs: LONG_MS }]),
          () => far.invalidate([key]),
          async () => far.release((await far.claim([key], LONG_MS)).slice(0, 1)),
          () => far.settle([{ key, token: 'another', value: bytes('v') }]),
        ];
        for (const end of ends) {
          await near.invalidate([key]);
          await near.release([{ key, token: await granted() }], { message: 'no', forMs: LONG_MS });
          expect(await fetched()).toBe('failed');
          await end();
          expect(textOf(await near.acquire(key, LONG_MS))).toBe('granted');
        }
      });
    });

    describe('changes', () => {
      test('store overwrites, with and without a TTL; a TTL of 0 or less drops', async () => {
        await near.store([{ key, value: bytes('one'), ttlMs: LONG_MS }]);
        await far.store([{ key, value: bytes('two') }]);
        expect(await fetched(near)).toBe('two');
        await near.store([{ key, value: bytes('three'), ttlMs: -1 }]);
        expect(await fetched()).toBe('granted');
      });

      test('a fill or a settle with a TTL of 0 or less ends the lease and leaves no entry', async () => {
        await near.fill([{ key, token: await granted(), value: bytes('v'), ttlMs: 0 }]);
        expect(await subject.far.get(key)).toBeUndefined();
        const token = await granted();
        await near.settle([{ key, token, value: bytes('v'), ttlMs: -5 }]);
        expect(await fetched()).toBe('granted');
      });

      test('invalidate tells how many entries there were', async () => {
        await near.store([
          { key: `${key}a`, value: bytes('A') },
          { key: `${key}b`, value: bytes(''), ttlMs: LONG_MS },
        ]);
        await granted();
        expect((await far.invalidate([`${key}a`, key, `${key}b`, `${key}none`])).removed).toBe(2);
        expect((await far.invalidate([`${key}a`])).removed).toBe(0);
        expect((await far.invalidate([])).removed).toBe(0);
      });

      test('claim drops the entry and keeps everybody out until it is settled', async () => {
        await near.store([{ key, value: bytes('old'), ttlMs: LONG_MS }]);
        const [claim] = await near.claim([key], LONG_MS);
        if (claim === undefined) throw new Error('nothing was claimed');
        expect(claim.key).toBe(key);
        expect(await fetched()).toBe('held');
        expect(await subject.far.get(key)).toBeUndefined();
        const entry = { ...claim, value: bytes('new'), ttlMs: LONG_MS };
        expect((await near.settle([entry])).stored).toEqual([true]);
        expect(await fetched()).toBe('new');
      });

      test('a claim ends by itself, and can be renewed and released', async () => {
        const { ms, over } = short();
        await near.claim([key], ms);
        await subject.pass(over);
        const [claim] = await near.claim([key], LONG_MS);
        const renewed = await near.renew(key, claim?.token ?? '', LONG_MS);
        if (renewed === undefined) throw new Error('the claim was held');
        await near.release([{ key, token: renewed }]);
        expect(await fetched()).toBe('granted');
      });

      test('of two claims both settle in vain, and nothing is left', async () => {
        const [first] = await near.claim([key], LONG_MS);
        const [second] = await far.claim([key], LONG_MS);
        if (first === undefined || second === undefined) throw new Error('nothing was claimed');
        expect((await near.settle([{ ...first, value: bytes('first') }])).stored).toEqual([false]);
        expect((await far.settle([{ ...second, value: bytes('second') }])).stored).toEqual([false]);
        expect(await subject.far.get(key)).toBeUndefined();
      });

      test('settle drops what was stored, and voids what was granted, in between', async () => {
        const [claim] = await near.claim([key], LONG_MS);
        if (claim === undefined) throw new Error('nothing was claimed');
        await far.invalidate([key]);
        const token = await granted(far);
        expect((await near.settle([{ ...claim, value: bytes('mine') }])).stored).toEqual([false]);
        expect(await fill(far, token)).toBe(false);
        const [again] = await near.claim([key], LONG_MS);
        if (again === undefined) throw new Error('nothing was claimed');
        await far.store([{ key, value: bytes('theirs'), ttlMs: LONG_MS }]);
        expect((await near.settle([{ ...again, value: bytes('mine') }])).stored).toEqual([false]);
        expect(await subject.far.get(key)).toBeUndefined();
      });
    });

    describe('batches', () => {
      test('outcomes are mixed, and in order', async () => {
        const [hit, held, failed, free] = ['hit', 'held', 'failed', 'free'].map(
          (part) => `${key}:${part}`,
        ) as [string, string, string, string];
        await near.store([{ key: hit, value: bytes('v'), ttlMs: LONG_MS }]);
        await near.fetch(held, LONG_MS);
        const token = tokenOf(await near.fetch(failed, LONG_MS));
        await near.release([{ key: failed, token }], { message: 'no', forMs: LONG_MS });
        const answers = await far.fetchMany([free, failed, hit, held], LONG_MS);
        expect(answers.map(textOf)).toEqual(['granted', 'failed', 'v', 'held']);
        expect(await far.fetchMany([], LONG_MS)).toEqual([]);
        expect(await far.fill([])).toEqual([]);
        expect(await far.claim([], LONG_MS)).toEqual([]);
        expect((await far.settle([])).stored).toEqual([]);
        await far.store([]);
      });

      test('1,000 keys: each lease is its own', async () => {
        const keys = Array.from({ length: 1000 }, (_, i) => `${key}:${i}`);
        const leases = (await near.fetchMany(keys, LONG_MS)).map(tokenOf);
        expect((await far.fetchMany(keys, LONG_MS)).every(({ state }) => state === 'held')).toBe(true);
        await far.invalidate(keys.filter((_, i) => i % 10 === 0));
        const entries = keys.map((k, i) => ({
          key: k,
          token: leases[i] ?? '',
          value: bytes(`v${i}`),
          ttlMs: i % 3 === 0 ? undefined : LONG_MS,
        }));
        expect(await near.fill(entries)).toEqual(keys.map((_, i) => i % 10 !== 0));
        expect((await far.fetchMany(keys, LONG_MS)).map(textOf)).toEqual(
          keys.map((_, i) => (i % 10 === 0 ? 'granted' : `v${i}`)),
        );
        expect((await far.invalidate(keys)).removed).toBe(900);
        expect((await near.fetchMany(keys, LONG_MS)).every(({ state }) => state === 'granted')).toBe(true);
      });

      test('1,000 keys: stored, claimed, settled and released', async () => {
        const keys = Array.from({ length: 1000 }, (_, i) => `${key}:${i}`);
        await near.store(keys.map((k, i) => ({ key: k, value: bytes(`s${i}`), ttlMs: LONG_MS })));
        expect((await far.fetchMany(keys, LONG_MS)).map(textOf)).toEqual(keys.map((_, i) => `s${i}`));
        const claims: HeldLease[] = await near.claim(keys, LONG_MS);
        expect(claims.map((claim) => claim.key)).toEqual(keys);
        await far.invalidate(keys.filter((_, i) => i % 7 === 0));
        const half = claims.slice(0, 500).map((claim, i) => ({ ...claim, value: bytes(`n${i}`) }));
        expect((await near.settle(half)).stored).toEqual(half.map((_, i) => i % 7 !== 0));
        await near.release(claims.slice(500), { message: 'no', forMs: LONG_MS });
        expect((await far.fetchMany(keys, LONG_MS)).map(textOf)).toEqual(
          keys.map((_, i) => (i % 7 === 0 ? 'granted' : i < 500 ? `n${i}` : 'failed')),
        );
      });
    });

    describeNotices(() => subject);
    describeFencedModel(() => subject);
    describeFencedRaces(() => subject);
    describeFaults(() => subject);

    test('after close every call rejects with CLOSED', async () => {
      const other = await open();
      const access = fencedOf(other.near);
      await other.near.close();
      for (const call of allCalls(access, key)) {
        await expect(call()).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      }
      await other.dispose();
    });
  });
}
