import { describe, expect, test } from 'vitest';
import type { Audience, Bus, BusListener } from '../../../src/backends/bus.ts';
import { bareNotice, FaultBus } from '../../../src/backends/fault-bus.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';

/** A bus without faults of its own, which delivers at once. */
class PlainBus implements Bus {
  readonly listeners = new Set<BusListener>();
  published = 0;

  async publish(message: Uint8Array): Promise<Audience> {
    this.published++;
    for (const listener of this.listeners) listener.onMessage(message);
    return [];
  }

  async beat(_member: string, _forMs: number, message: Uint8Array): Promise<void> {
    await this.publish(message);
  }

  async leave(): Promise<void> {}

  async subscribe(listener: BusListener): ReturnType<Bus['subscribe']> {
    this.listeners.add(listener);
    return { unsubscribe: async () => void this.listeners.delete(listener) };
  }

  async close(): Promise<void> {}
}

interface Stage {
  readonly clock: ManualClock;
  readonly plain: PlainBus;
  readonly bus: FaultBus;
  readonly heard: number[];
  readonly states: string[];
  readonly send: (count: number) => Promise<void>;
}

async function stage(): Promise<Stage> {
  const clock = new ManualClock();
  const plain = new PlainBus();
  const bus = new FaultBus(plain, { clock, random: seededRandom(7) });
  const heard: number[] = [];
  const states: string[] = [];
  await bus.subscribe({
    onMessage: (message) => heard.push(message[0] ?? -1),
    onState: (state) => states.push(state),
  });
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await plain.publish(Uint8Array.of(i));
  };
  return { clock, plain, bus, heard, states, send };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a bus with faults', () => {
  test('without any is the bus itself', async () => {
    const { bus, heard } = await stage();
    await bus.publish(Uint8Array.of(5));
    await bus.beat('me', 100, Uint8Array.of(6));
    expect(heard).toEqual([5, 6]);
  });

  test('delays, and keeps the order under jitter', async () => {
    const { bus, clock, heard, send } = await stage();
    bus.inject({ delayMs: 10, jitterMs: 50 });
    await send(30);
    await clock.advance(9);
    expect(heard).toEqual([]);
    await clock.advance(100);
    expect(heard).toEqual(upTo(30));
  });

  test('reorders, losing none', async () => {
    const { bus, clock, heard, send } = await stage();
    bus.inject({ jitterMs: 50, reorderRate: 1 });
    await send(30);
    await clock.advance(100);
    expect(heard).not.toEqual(upTo(30));
    expect(heard.toSorted((a, b) => a - b)).toEqual(upTo(30));
  });

  test('drops and doubles by rate', async () => {
    const { bus, heard, send } = await stage();
    bus.inject({ dropRate: 0.5 });
    await send(100);
    expect(heard.length).toBeGreaterThan(25);
    expect(heard.length).toBeLessThan(75);
    heard.length = 0;
    bus.inject({ dropRate: 0, doubleRate: 1 });
    await send(2);
    expect(heard).toEqual([0, 0, 1, 1]);
  });

  test('refuses publications, or takes them and says it did not', async () => {
    const { bus, plain } = await stage();
    bus.inject({ publishErrorRate: 1 });
    await expect(bus.publish(Uint8Array.of(1))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(plain.published).toBe(0);
    bus.inject({ publishErrorRate: 0, lostAnswerRate: 1 });
    await expect(bus.publish(Uint8Array.of(1))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(plain.published).toBe(1);
  });

  test('down: nothing passes, listeners are told, and what was on its way is lost', async () => {
    const { bus, clock, heard, states, send } = await stage();
    bus.inject({ delayMs: 10 });
    await send(1);
    bus.inject({ state: 'down' });
    bus.inject({ state: 'down' });
    await expect(bus.publish(Uint8Array.of(1))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await expect(bus.subscribe({ onMessage: () => {} })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
    await send(1);
    bus.heal();
    await clock.advance(20);
    expect(heard).toEqual([]);
    expect(states).toEqual(['down', 'up']);
    await send(1);
    expect(heard).toEqual([0]);
  });

  test('half-open: publishes, hears nothing, and nobody is told until it is found', async () => {
    const { bus, plain, heard, states } = await stage();
    bus.inject({ state: 'half-open' });
    await bus.publish(Uint8Array.of(1));
    expect(plain.published).toBe(1);
    expect(heard).toEqual([]);
    expect(states).toEqual([]);
    bus.heal();
    expect(states).toEqual(['down', 'up']);
  });

  test('an unsubscribed listener is told nothing', async () => {
    const { bus, states } = await stage();
    const own: string[] = [];
    const subscription = await bus.subscribe({ onMessage: () => {}, onState: (state) => own.push(state) });
    await subscription.unsubscribe();
    bus.inject({ state: 'down' });
    expect(own).toEqual([]);
    expect(states).toEqual(['down']);
  });

  test('passes on what the server says of keys', async () => {
    const { bus, plain } = await stage();
    const changes: unknown[] = [];
    await bus.subscribe({ onMessage: () => {}, onServerChange: (keys) => changes.push(keys) });
    for (const listener of plain.listeners) listener.onServerChange?.(undefined);
    bus.inject({ dropRate: 1 });
    for (const listener of plain.listeners) listener.onServerChange?.(undefined);
    expect(changes).toEqual([undefined]);
  });

  test('a notice is published by the server on the bus behind the faults', async () => {
    const { bus, plain } = await stage();
    const message = Uint8Array.of(1);
    expect(bareNotice({ bus, message })).toEqual({ bus: plain, message });
    expect(bareNotice({ bus: plain, message })?.bus).toBe(plain);
    expect(bareNotice(undefined)).toBeUndefined();
  });
});
