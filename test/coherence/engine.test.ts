import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { foundLater } from './found-later.ts';
import { found } from './found.ts';
import { engineCluster } from './sim/engine-cluster.ts';
import type { Program, Step } from './sim/program.ts';
import { programOf, search } from './sim/search.ts';
import { runProgram } from './sim/world.ts';

vi.setConfig({ testTimeout: 90_000 });

/** A search of a few seconds; `npm run coherence` is the long one. */
test.each(['bounded', 'partition-safe', 'strict'] as const)(
  'random schedules find nothing wrong: %s',
  async (level) => {
    const { wrong, totals } = await search(engineCluster, { seed: 1, to: 100, level });
    expect(wrong).toBeUndefined();
    expect(totals.reads).toBeGreaterThan(500);
  },
);

test.each([...found, ...foundLater])('not again: $what', async ({ program }) => {
  expect((await runProgram(program, engineCluster)).violations).toEqual([]);
});

test('schedules that are spliced of others’ steps find nothing wrong, and would be shrunk', async () => {
  const program = fc
    .tuple(fc.nat(100_000), fc.array(fc.nat(100_000), { maxLength: 6 }))
    .map(([base, others]) => splice(programOf(2, base), others));
  await fc.assert(
    fc.asyncProperty(program, async (one) => {
      expect((await runProgram(one, engineCluster)).violations).toEqual([]);
    }),
    { numRuns: 100, seed: 3 },
  );
});

/** The program, with steps of others in it where it allows what they do. */
function splice(program: Program, others: readonly number[]): Program {
  const more = others.flatMap((other): readonly Step[] => {
    const { faults, steps } = programOf(2, other);
    return faults === program.faults ? steps.filter(({ act }) => act.kind !== 'bus').slice(0, 4) : [];
  });
  const own = more.map((step) => ({ ...step, instance: step.instance % program.instances }));
  return { ...program, steps: [...program.steps, ...own] };
}
