import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LeaseStore } from '../../src/backends/lease.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import type { ServerFaults } from './tier-contract.ts';

export interface LeaseUnderTest {
  /** Two stores on one server, as two processes have them; the same one where leases stay in the process. */
  readonly near: LeaseStore;
  readonly far: LeaseStore;
  readonly deadlineMs: number;
  /** Steps in which lease times are kept: 1, or 1000 for Memcached. */
  readonly resolutionMs: number;
  pass(ms: number): Promise<void>;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

/** Holds a lease store to its contract (src/backends/lease.ts). */
export function describeLeaseContract(name: string, open: () => Promise<LeaseUnderTest>): void {
  describe(`lease contract: ${name}`, () => {
    let subject: LeaseUnderTest;
    let key = '';
    let id = 0;
    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(() => {
      key = `lease ${id++}`;
    });
    afterAll(() => subject?.dispose());

    const acquired = async (store: LeaseStore, ttlMs: number): Promise<string> => {
      const grant = await store.acquire(key, ttlMs);
      if (!grant.granted) throw new Error(`${key} was not granted`);
      return grant.token;
    };

    test('one holder at a time; free again after release', async () => {
      const token = await acquired(subject.near, 60_000);
      expect((await subject.far.acquire(key, 60_000)).granted).toBe(false);
      expect((await subject.near.acquire(key, 60_000)).granted).toBe(false);
      expect(await subject.near.release(key, token)).toBe(true);
      expect((await subject.far.acquire(key, 60_000)).granted).toBe(true);
    });

    test('of 50 that ask at once one is granted, and tokens differ', async () => {
      const grants = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? subject.near : subject.far).acquire(key, 60_000)),
      );
      expect(grants.filter((grant) => grant.granted)).toHaveLength(1);
      const first = grants.find((grant) => grant.granted);
      if (first?.granted !== true) throw new Error('none was granted');
      await subject.near.release(key, first.token);
      expect(await acquired(subject.far, 60_000)).not.toBe(first.token);
    });

    test('only the owner renews and releases', async () => {
      const token = await acquired(subject.near, 60_000);
      expect(await subject.far.release(key, 'not the token')).toBe(false);
      expect(await subject.far.renew(key, 'not the token', 60_000)).toBe(false);
      expect((await subject.far.acquire(key, 60_000)).granted).toBe(false);
      expect(await subject.far.renew(key, token, 60_000)).toBe(true);
    });

    test('it expires by itself, and the late owner can no longer renew or release', async () => {
      const ttl = subject.resolutionMs === 1 ? 150 : subject.resolutionMs;
      const token = await acquired(subject.near, ttl);
      await subject.pass(ttl + 60 + (subject.resolutionMs > 1 ? subject.resolutionMs : 0));
      const other = await acquired(subject.far, 60_000);
      expect(await subject.near.renew(key, token, 60_000)).toBe(false);
      expect(await subject.near.release(key, token)).toBe(false);
      expect(await subject.far.release(key, other)).toBe(true);
    });

    test('a renewed lease lives on', async () => {
      const ttl = subject.resolutionMs === 1 ? 300 : 2 * subject.resolutionMs;
      const token = await acquired(subject.near, ttl);
      expect(await subject.near.renew(key, token, 60_000)).toBe(true);
      await subject.pass(ttl + 60 + (subject.resolutionMs > 1 ? subject.resolutionMs : 0));
      expect((await subject.far.acquire(key, 60_000)).granted).toBe(false);
    });

    test('a hung server: the call settles within the deadline', async (context) => {
      if (typeof subject.faults === 'string') return context.skip(subject.faults);
      await subject.faults.freeze();
      const start = performance.now();
      await expect(subject.near.acquire(key, 1000)).rejects.toSatisfy((e) =>
        isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'),
      );
      expect(performance.now() - start).toBeLessThan(subject.deadlineMs + 750);
      await subject.faults.thaw();
    });
  });
}
