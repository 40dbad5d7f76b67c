import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Audience, Bus, BusState } from '../../src/backends/bus.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { eventually, failureOf, type ServerFaults } from './tier-contract.ts';

export interface BusUnderTest {
  /** Two ends of one channel, as two processes have them. */
  readonly near: Bus;
  readonly far: Bus;
  readonly deadlineMs: number;
  /** Lets time pass on the server: moves a fake clock, or waits. */
  pass(ms: number): Promise<void>;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

const message = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** The members by name. The nameless one stands for those whom the server may have forgotten (see {@link Audience}). */
export function membersOf(audience: Audience | undefined): string[] | undefined {
  return audience
    ?.map(({ member }) => member)
    .filter((member) => member !== '')
    .toSorted();
}

/** Holds a bus to its contract (src/backends/bus.ts). */
export function describeBusContract(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`bus contract: ${name}`, () => {
    let subject: BusUnderTest;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.dispose());

    test('every subscriber hears every message, in order, its own included', async () => {
      const near: string[] = [];
      const far: string[] = [];
      const subscriptions = [
        await subject.near.subscribe({ onMessage: (m) => near.push(Buffer.from(m).toString()) }),
        await subject.far.subscribe({ onMessage: (m) => far.push(Buffer.from(m).toString()) }),
      ];
      const sent = Array.from({ length: 200 }, (_, i) => `m${i}`);
      await Promise.all(sent.map((text) => subject.near.publish(message(text))));
      await eventually(async () => {
        expect(near).toEqual(sent);
        expect(far).toEqual(sent);
      });
      await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
    });

    test('messages are bytes', async () => {
      const heard: string[] = [];
      const subscription = await subject.far.subscribe({
        onMessage: (m) => heard.push(Buffer.from(m).toString('hex')),
      });
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await subject.near.publish(all);
      await subject.near.publish(message(''));
      await eventually(async () => expect(heard).toEqual([Buffer.from(all).toString('hex'), '']));
      await subscription.unsubscribe();
    });

    test('nothing is heard after unsubscribe, and others still hear', async () => {
      const gone: string[] = [];
      const stays: string[] = [];
      const first = await subject.far.subscribe({ onMessage: (m) => gone.push(Buffer.from(m).toString()) });
      const second = await subject.far.subscribe({ onMessage: (m) => stays.push(Buffer.from(m).toString()) });
      await first.unsubscribe();
      await subject.near.publish(message('x'));
      await eventually(async () => expect(stays).toEqual(['x']));
      expect(gone).toEqual([]);
      await second.unsubscribe();
    });

    describe('the audience', () => {
      const present = async (bus: Bus): Promise<string[] | undefined> =>
        membersOf(await bus.publish(message('who is there?')));

      test('a beat is a message that everybody hears, and makes its sender one of the audience', async () => {
        const heard: string[] = [];
        const subscription = await subject.far.subscribe({
          onMessage: (m) => heard.push(Buffer.from(m).toString()),
        });
        expect(await present(subject.far)).toEqual([]);
        await subject.near.beat('a', 60_000, message('a lives'));
        await subject.far.beat('b', 60_000, message('b lives'));
        await eventually(async () => expect(heard).toEqual(['who is there?', 'a lives', 'b lives']));
        expect(await present(subject.near)).toEqual(['a', 'b']);
        expect(await present(subject.far)).toEqual(['a', 'b']);
        await subscription.unsubscribe();
        await subject.near.leave('a');
        await subject.near.leave('b');
      });

      test('a member is told with the time it has left, and not after it', async () => {
        await subject.near.beat('long', 60_000, message(''));
        await subject.near.beat('short', 800, message(''));
        const both = await subject.far.publish(message(''));
        expect(membersOf(both)).toEqual(['long', 'short']);
        for (const { member, forMs } of both) {
          if (member === '') continue;
          expect(forMs).toBeGreaterThan(member === 'long' ? 30_000 : 0);
          expect(forMs).toBeLessThanOrEqual((member === 'long' ? 60_000 : 800) + 5);
        }
        await subject.pass(900);
        expect(await present(subject.far)).toEqual(['long']);
        await subject.near.leave('long');
      });

      test('another beat begins the time again, a shorter one too', async () => {
        await subject.near.beat('a', 800, message(''));
        await subject.near.beat('a', 60_000, message(''));
        await subject.pass(900);
        expect(await present(subject.far)).toEqual(['a']);
        await subject.near.beat('a', 100, message(''));
        await subject.pass(200);
        expect(await present(subject.far)).toEqual([]);
      });

      test('who leaves is out, whoever says so; the others stay; leaving twice does nothing', async () => {
        await subject.near.beat('a', 60_000, message(''));
        await subject.near.beat('b', 60_000, message(''));
        await subject.far.leave('a');
        await subject.far.leave('a');
        expect(await present(subject.near)).toEqual(['b']);
        await subject.far.leave('b');
        expect(await present(subject.near)).toEqual([]);
      });

      test('of 50 that beat at once none is lost', async () => {
        const names = Array.from({ length: 50 }, (_, i) => `m${i}`).toSorted();
        await Promise.all(
          names.map((who, i) => (i % 2 === 0 ? subject.near : subject.far).beat(who, 60_000, message(who))),
        );
        expect(await present(subject.near)).toEqual(names);
        await Promise.all(names.map((who) => subject.near.leave(who)));
        expect(await present(subject.near)).toEqual([]);
      });

      test('a hung server: beat and leave settle within the deadline', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        await subject.faults.freeze();
        const start = performance.now();
        const calls = [subject.near.beat('a', 1000, message('')), subject.near.leave('a')];
        for (const reason of await Promise.all(calls.map(failureOf))) {
          expect(reason).toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'));
        }
        expect(performance.now() - start).toBeLessThan(subject.deadlineMs + 750);
        await subject.faults.thaw();
        await eventually(() => subject.near.leave('a'));
      });
    });

    test('a lost server is told as down, its return as up, and messages flow again', async (context) => {
      if (typeof subject.faults === 'string') return context.skip(subject.faults);
      const states: BusState[] = [];
      const heard: string[] = [];
      const subscription = await subject.far.subscribe({
        onMessage: (m) => heard.push(Buffer.from(m).toString()),
        onState: (state) => states.push(state),
      });
      await subject.faults.kill();
      await eventually(async () => expect(states.at(-1)).toBe('down'));
      const start = performance.now();
      await expect(subject.near.publish(message('lost'))).rejects.toSatisfy((e) =>
        isCachectlError(e, 'SERVER_UNREACHABLE', 'DEADLINE_EXCEEDED'),
      );
      expect(performance.now() - start).toBeLessThan(subject.deadlineMs + 750);
      await subject.faults.restart();
      await eventually(async () => expect(states.at(-1)).toBe('up'));
      await eventually(async () => {
        await subject.near.publish(message('again'));
        await eventually(async () => expect(heard).toContain('again'), 500);
      });
      await subscription.unsubscribe();
    });

    test('after close every call rejects with CLOSED, and the other end goes on', async () => {
      const other = await open();
      const heard: string[] = [];
      await other.far.subscribe({ onMessage: (m) => heard.push(Buffer.from(m).toString()) });
      await other.far.beat('far', 60_000, message('beat'));
      await other.near.close();
      expect(membersOf(await other.far.publish(message('on')))).toEqual(['far']);
      await eventually(async () => expect(heard).toEqual(['beat', 'on']));
      await expect(other.near.publish(message('x'))).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(other.near.beat('a', 1000, message('x'))).rejects.toSatisfy((e) =>
        isCachectlError(e, 'CLOSED'),
      );
      await expect(other.near.leave('a')).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(other.near.subscribe({ onMessage: () => {} })).rejects.toSatisfy((e) =>
        isCachectlError(e, 'CLOSED'),
      );
      await other.dispose();
    });
  });
}
