import { describe, expect, test } from 'vitest';
import { programOf, search, shrink } from './sim/search.ts';
import { runProgram } from './sim/world.ts';
import { TOY_BUGS, type ToyBug } from './toy/toy-bugs.ts';
import { toyCluster } from './toy/toy-cluster.ts';

const SEED = 20_261_121;

/** Much longer than it takes, for machines that do much else. */
const TIMEOUT_MS = 90_000;

describe('the checker', { timeout: TIMEOUT_MS }, () => {
  test('finds nothing wrong with a cache that keeps its word', async () => {
    const { wrong, totals } = await search(toyCluster(), { seed: SEED, to: 1000 });
    expect(wrong?.violations).toBeUndefined();
    expect(totals.schedules).toBe(1000);
    expect(totals.reads).toBeGreaterThan(5000);
  });

  test.each(Object.entries(TOY_BUGS))('finds %s', async (bug, rules) => {
    const { wrong } = await search(toyCluster(bug as ToyBug), { seed: SEED, to: 5000 });
    const broken = wrong?.violations.map(({ rule }) => rule) ?? [];
    expect(broken).toContainEqual(expect.toBeOneOf([...rules]));
  });
});

describe('a schedule', () => {
  test('runs the same each time', async () => {
    const program = programOf(SEED, 7);
    const first = await runProgram(program, toyCluster());
    const second = await runProgram(programOf(SEED, 7), toyCluster());
    expect(second.history).toEqual(first.history);
  });

  test('is shrunk to what still breaks a rule', async () => {
    const open = toyCluster('memory-for-ever');
    const { wrong } = await search(open, { seed: SEED, to: 5000 });
    const small = await shrink(wrong?.program ?? programOf(SEED, 0), open);
    expect(small.steps.length).toBeLessThanOrEqual(4);
    expect((await runProgram(small, open)).violations).not.toEqual([]);
  });
});
