import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeldLease, LeasedEntry } from '../../src/backends/fenced.ts';
import { bytes, type FencedUnderTest, fencedOf, LONG_MS, textOf } from './fenced-subject.ts';

const OPERATIONS = [
  'fetch',
  'acquire',
  'fill',
  'renew',
  'release',
  'fail',
  'invalidate',
  'store',
  'claim',
  'settle',
] as const;

interface Step {
  readonly operation: (typeof OPERATIONS)[number];
  readonly who: 'near' | 'far';
  /** Which of the tokens granted so far is used, from the latest. */
  readonly back: number;
}

/** One lease that was granted; its token changes where the server hands out new ones. */
interface Grant {
  token: string;
}

/** What a key is, by the contract. */
class Model {
  value: string | undefined = undefined;
  holder: Grant | undefined = undefined;
  failed = false;

  clear(): void {
    this.value = undefined;
    this.holder = undefined;
    this.failed = false;
  }

  lease(): 'failed' | 'held' | 'granted' {
    if (this.failed) return 'failed';
    return this.holder === undefined ? 'granted' : 'held';
  }
}

/** One call after another, of two clients on one key: each answers what the model says. */
export function describeFencedModel(subjectNow: () => FencedUnderTest): void {
  let run = 0;
  const anyStep: fc.Arbitrary<Step> = fc.record({
    operation: fc.constantFrom(...OPERATIONS),
    who: fc.constantFrom('near', 'far'),
    back: fc.nat(2),
  });

  test('random calls one after another answer as a model of one key does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
        const key = `ns:model:${run++}`;
        const model = new Model();
        const grants: Grant[] = [];
        for (const [i, step] of steps.entries()) await take(subjectNow(), key, step, `v${i}`, model, grants);
      }),
      { numRuns: 60 },
    );
  });
}

async function take(
  subject: FencedUnderTest,
  key: string,
  { operation, who, back }: Step,
  value: string,
  model: Model,
  grants: Grant[],
): Promise<void> {
  const access = fencedOf(subject[who]);
  const grant = grants.at(-1 - back) ?? { token: 'never granted' };
  const held: HeldLease = { key, token: grant.token };
  const entry: LeasedEntry = { ...held, value: bytes(value), ttlMs: LONG_MS };
  const holds = model.holder === grant;
  const granted = (token: string): void => {
    model.holder = { token };
    grants.push(model.holder);
  };
  switch (operation) {
    case 'fetch':
    case 'acquire': {
      const answer = await access[operation](key, LONG_MS);
      expect(textOf(answer)).toBe((operation === 'fetch' ? model.value : undefined) ?? model.lease());
      if (answer.state === 'granted') granted(answer.token);
      return;
    }
    case 'fill':
      expect(await access.fill([entry])).toEqual([holds]);
      if (!holds) return;
      model.value = value;
      model.holder = undefined;
      return;
    case 'renew': {
      const renewed = await access.renew(key, grant.token, LONG_MS);
      expect(renewed !== undefined).toBe(holds);
      if (renewed !== undefined) grant.token = renewed;
      return;
    }
    case 'release':
    case 'fail':
      await access.release([held], operation === 'fail' ? { message: 'no', forMs: LONG_MS } : undefined);
      if (!holds) return;
      model.holder = undefined;
      model.failed = operation === 'fail';
      return;
    case 'invalidate':
      expect((await access.invalidate([key])).removed).toBe(model.value === undefined ? 0 : 1);
      return model.clear();
    case 'store':
      await access.store([{ key, value: bytes(value), ttlMs: LONG_MS }]);
      model.clear();
      model.value = value;
      return;
    case 'claim': {
      const [claim] = await access.claim([key], LONG_MS);
      if (claim === undefined) throw new Error('nothing was claimed');
      model.clear();
      return granted(claim.token);
    }
    case 'settle':
      expect((await access.settle([entry])).stored).toEqual([holds]);
      model.clear();
      if (holds) model.value = value;
  }
}
