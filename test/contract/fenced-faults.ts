import { expect, test } from 'vitest';
import { isCachectlError } from '../../src/base/errors.ts';
import { allCalls, bytes, type FencedUnderTest, fencedOf, LONG_MS, tokenOf } from './fenced-subject.ts';
import { eventually, failureOf } from './tier-contract.ts';

/** What a server that hangs or dies does to fenced access. */
export function describeFaults(subjectNow: () => FencedUnderTest): void {
  const settled = async (call: () => Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
    const start = performance.now();
    const error = await failureOf(call());
    return { error, ms: performance.now() - start };
  };

  const recovers = 'server: every call settles within the deadline; then it recovers';
  test.for(['hung', 'killed'] as const)(`a %s ${recovers}`, async (how, context) => {
    const subject = subjectNow();
    if (typeof subject.faults === 'string') return context.skip(subject.faults);
    const access = fencedOf(subject.near);
    await (how === 'hung' ? subject.faults.freeze() : subject.faults.kill());
    for (const { error, ms } of await Promise.all(allCalls(access, 'ns:fault').map(settled))) {
      expect(error).toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'));
      expect(ms).toBeLessThan(subject.deadlineMs + 750);
    }
    await (how === 'hung' ? subject.faults.thaw() : subject.faults.restart());
    await eventually(async () => {
      await access.invalidate(['ns:fault']);
      const token = tokenOf(await access.fetch('ns:fault', LONG_MS));
      expect(await access.fill([{ key: 'ns:fault', token, value: bytes('again') }])).toEqual([true]);
    });
  });
}
