import { z } from 'zod';
import type { Ttls } from '../workload/ttls.ts';
import { choiceOf, duration, real } from './fields.ts';

const MIN = '1ms';
const MAX = '365d';

/** Every key of the section that not all distributions have, with those that do. */
const NEEDS = {
  ttl: 'distribution: fixed',
  min: 'distribution: uniform',
  max: 'distribution: uniform',
  choices: 'distribution: table',
};

const none = choiceOf(
  {
    distribution: z
      .literal('none')
      .optional()
      .meta({ default: 'none', description: 'Entries live as long as their tiers say.' }),
  },
  NEEDS,
).transform(() => ({ distribution: 'none' as const }));

const fixed = choiceOf(
  {
    distribution: z.literal('fixed').describe('All entries live equally long.'),
    ttl: duration(MIN, MAX).prefault('1m').describe('Time that every entry lives.'),
  },
  NEEDS,
).transform(({ distribution, ttl }) => ({ distribution, ttlMs: ttl }));

const uniform = choiceOf(
  {
    distribution: z.literal('uniform').describe('Times from min to max are equally likely.'),
    min: duration(MIN, MAX).prefault('1m').describe('The shortest time.'),
    max: duration(MIN, MAX).prefault('10m').describe('The longest time.'),
  },
  NEEDS,
)
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'min is longer than max' })
  .transform(({ distribution, min, max }) => ({ distribution, minMs: min, maxMs: max }));

const choice = z.strictObject({
  ttl: duration(MIN, MAX).describe('Time that these entries live.'),
  weight: real({ min: 1e-9, max: 1e15 }).describe('How many there are, against the other weights.'),
});

const table = choiceOf(
  {
    distribution: z.literal('table').describe('Times as measured.'),
    choices: z.array(choice).min(1, { error: 'expected at least one time' }).describe('Times and weights.'),
  },
  NEEDS,
).transform(({ distribution, choices }) => ({
  distribution,
  ttlsMs: choices.map((one) => one.ttl),
  weights: choices.map((one) => one.weight),
}));

/** The section `ttl`. */
export const ttlSchema: z.ZodType<Ttls> = z.discriminatedUnion('distribution', [none, fixed, uniform, table]);
