import { expect, test } from 'vitest';
import type { Notice } from '../../src/backends/bus.ts';
import type { Announced, FencedAccess } from '../../src/backends/fenced.ts';
import { MemoryBus } from '../../src/backends/memory/bus.ts';
import { membersOf } from './bus-contract.ts';
import { bytes, type FencedUnderTest, fencedOf, LONG_MS } from './fenced-subject.ts';
import { eventually } from './tier-contract.ts';

/** Notices that ride with a change. */
export function describeNotices(subjectNow: () => FencedUnderTest): void {
  const changes: readonly (readonly [
    string,
    (access: FencedAccess, key: string, notice: Notice) => Promise<Announced>,
  ])[] = [
    ['invalidate', (access, key, notice) => access.invalidate([key, `${key}x`], notice)],
    [
      'store',
      (access, key, notice) =>
        access.store(
          [
            { key, value: bytes('v') },
            { key: `${key}x`, value: bytes('w') },
          ],
          notice,
        ),
    ],
    [
      'store that drops',
      (access, key, notice) => access.store([{ key, value: bytes('v'), ttlMs: 0 }], notice),
    ],
    [
      'settle',
      async (access, key, notice) => {
        const claims = await access.claim([key, `${key}x`], LONG_MS);
        return access.settle(
          claims.map((claim) => ({ ...claim, value: bytes('v') })),
          notice,
        );
      },
    ],
    [
      'settle in vain',
      (access, key, notice) => access.settle([{ key, token: 'another', value: bytes('v') }], notice),
    ],
    [
      'invalidate of 1,000 keys',
      (access, key, notice) =>
        access.invalidate(
          Array.from({ length: 1000 }, (_, i) => `${key}:${i}`),
          notice,
        ),
    ],
  ];

  test.each(changes)(
    'a notice is published once with the change, to whoever listens: %s',
    async (what, change) => {
      const subject = subjectNow();
      const key = `ns:notice:${what.replaceAll(' ', '-')}`;
      const elsewhere = new MemoryBus();
      const heardElsewhere: string[] = [];
      await elsewhere.subscribe({ onMessage: (m) => heardElsewhere.push(Buffer.from(m).toString()) });
      const unannounced = await change(fencedOf(subject.near), key, { bus: elsewhere, message: bytes('n') });
      expect(unannounced.audience).toBeUndefined();
      expect(heardElsewhere).toEqual([]);
      if (typeof subject.buses === 'string') return;
      const heard: string[] = [];
      const { near, far } = subject.buses;
      const subscription = await far.subscribe({ onMessage: (m) => heard.push(Buffer.from(m).toString()) });
      await far.beat('listener', LONG_MS, bytes('beat'));
      const answer = await change(fencedOf(subject.near), key, { bus: near, message: bytes('notice') });
      expect(membersOf(answer.audience)).toEqual(['listener']);
      await change(fencedOf(subject.near), key, { bus: near, message: bytes('again'), wantsAudience: false });
      await far.publish(bytes('end'));
      await eventually(async () => expect(heard).toEqual(['beat', 'notice', 'again', 'end']));
      await far.leave('listener');
      await subscription.unsubscribe();
    },
  );

  test('when a notice is heard the change is made', async (context) => {
    const subject = subjectNow();
    if (typeof subject.buses === 'string') return context.skip(subject.buses);
    const { near, far } = subject.buses;
    const keys = Array.from({ length: 600 }, (_, i) => `ns:heard:${i}`);
    await fencedOf(subject.near).store(keys.map((key) => ({ key, value: bytes('old') })));
    const seen: Promise<boolean>[] = [];
    const subscription = await far.subscribe({
      onMessage: () =>
        seen.push(subject.far.getMany(keys).then((hits) => hits.every((hit) => hit === undefined))),
    });
    await fencedOf(subject.near).invalidate(keys, { bus: near, message: bytes('n') });
    await eventually(async () => expect(await Promise.all(seen)).toEqual([true]));
    await subscription.unsubscribe();
  });

  test('where nothing is changed nothing is published', async (context) => {
    const subject = subjectNow();
    if (typeof subject.buses === 'string') return context.skip(subject.buses);
    const { near, far } = subject.buses;
    const heard: string[] = [];
    const subscription = await far.subscribe({ onMessage: (m) => heard.push(Buffer.from(m).toString()) });
    const notice = { bus: near, message: bytes('n') };
    const access = fencedOf(subject.near);
    expect((await access.invalidate([], notice)).audience).toBeUndefined();
    expect((await access.store([], notice)).audience).toBeUndefined();
    expect((await access.settle([], notice)).audience).toBeUndefined();
    await far.publish(bytes('end'));
    await eventually(async () => expect(heard).toEqual(['end']));
    await subscription.unsubscribe();
  });
}
