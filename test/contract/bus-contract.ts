import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bus, BusState } from '../../src/backends/bus.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { eventually, type ServerFaults } from './tier-contract.ts';

export interface BusUnderTest {
  /** Two ends of one channel, as two processes have them. */
  readonly near: Bus;
  readonly far: Bus;
  readonly deadlineMs: number;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

const message = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

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

    test('after close every call rejects with CLOSED', async () => {
      const other = await open();
      await other.near.close();
      await expect(other.near.publish(message('x'))).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
      await expect(other.near.subscribe({ onMessage: () => {} })).rejects.toSatisfy((e) =>
        isCachectlError(e, 'CLOSED'),
      );
      await other.dispose();
    });
  });
}
