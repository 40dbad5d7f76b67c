import { z } from 'zod';
import type { RateShape } from '../workload/rate-shapes.ts';
import { choiceOf, count, duration, excludes, rate, share } from './fields.ts';
import type { LoadSpec } from './scenario.ts';

const MIN_RATE = '0.01/s';
const MAX_RATE = '10M/s';

/** `max_in_flight` of an open load that does not say. */
export const MAX_IN_FLIGHT = 10_000;

const connections = count({ min: 1, max: 10_000 });
const stageLength = duration('1ms', '7d').describe('Length of the stage.');
const needStage = { error: 'expected at least one stage' };

const closed = choiceOf(
  {
    model: z.literal('closed').optional().meta({
      default: 'closed',
      description: 'Each connection sends its next operation when the last is answered.',
    }),
    connections: connections
      .optional()
      .meta({ default: 50, description: 'Sockets to each server, where the driver has a pool.' }),
    pipeline: count({ min: 1, max: 1000 })
      .prefault(1)
      .describe('Operations in flight on each connection; what is due at once goes out in one write.'),
    think: duration('0ms', '1h')
      .prefault('0ms')
      .describe('Mean time from an answer to the next operation of the same caller; a user has one.'),
    stages: z
      .array(
        z.strictObject({
          duration: stageLength,
          connections: connections.describe('Operations in flight at once in this stage.'),
        }),
      )
      .min(1, needStage)
      .optional()
      .describe('Numbers of connections one after another, in place of connections; the last one stays.'),
  },
  { rate: 'model: open', arrival: 'model: open', max_in_flight: 'model: open', shape: 'model: open' },
)
  .superRefine(excludes('stages', 'connections'))
  .transform(({ connections: most = 50, stages, pipeline, think }) => ({
    model: 'closed' as const,
    pipeline,
    thinkMs: think,
    connections: stages === undefined ? most : Math.max(...stages.map((stage) => stage.connections)),
    ...(stages !== undefined && {
      stages: stages.map((stage) => ({ durationMs: stage.duration, connections: stage.connections })),
    }),
  }));

/** Every key of a shape that not all forms have, with those that do. */
const NEEDS = {
  burst_rate: 'form: burst',
  period: 'form: burst or sine',
  duty: 'form: burst',
  amplitude: 'form: sine',
  to: 'form: ramp',
  over: 'form: ramp',
};

const period = duration('1ms', '7d').prefault('10s');

const shape = z
  .discriminatedUnion('form', [
    choiceOf(
      {
        form: z
          .literal('constant')
          .optional()
          .meta({ default: 'constant', description: 'The same rate all the time.' }),
      },
      NEEDS,
    ).transform((): RateShape => ({ form: 'constant' })),
    choiceOf(
      {
        form: z.literal('burst').describe('On and off: rate is that between bursts.'),
        burst_rate: rate(MIN_RATE, MAX_RATE).prefault('5000/s').describe('Operations per second in a burst.'),
        period: period.describe('From the begin of a burst to that of the next.'),
        duty: share('0.1%').prefault('20%').describe('Share of the period that the burst takes.'),
      },
      NEEDS,
    ).transform((section): RateShape => ({
      form: section.form,
      burstRate: section.burst_rate,
      periodMs: section.period,
      duty: section.duty,
    })),
    choiceOf(
      {
        form: z.literal('sine').describe('The rate swings around its mean, as over a day.'),
        amplitude: share().prefault('50%').describe('How far it goes up and down, as a share of rate.'),
        period: period.describe('Length of one swing.'),
      },
      NEEDS,
    ).transform((section): RateShape => ({
      form: section.form,
      amplitude: section.amplitude,
      periodMs: section.period,
    })),
    choiceOf(
      {
        form: z.literal('ramp').describe('The rate rises or falls evenly, from rate on.'),
        to: rate(MIN_RATE, MAX_RATE).prefault('5000/s').describe('Operations per second in the end.'),
        over: duration('1ms', '7d').prefault('10s').describe('How long the rate changes; then it stays.'),
      },
      NEEDS,
    ).transform((section): RateShape => ({ form: section.form, toRate: section.to, overMs: section.over })),
  ])
  .optional()
  .describe('How the rate changes in the measured part. In the warm-up it is that of the beginning.');

const open = choiceOf(
  {
    model: z
      .literal('open')
      .describe('Operations begin when they are due, however long the earlier ones take.'),
    rate: rate(MIN_RATE, MAX_RATE)
      .optional()
      .meta({ default: '1000/s', description: 'Operations that are due per second.' }),
    arrival: z
      .enum(['poisson', 'constant'])
      .prefault('poisson')
      .describe('poisson: at random, as from many independent users; constant: at equal distances.'),
    shape,
    stages: z
      .array(
        z.strictObject({
          duration: stageLength,
          rate: rate(MIN_RATE, MAX_RATE).describe('Operations that are due per second in this stage.'),
        }),
      )
      .min(1, needStage)
      .optional()
      .describe('Rates one after another, in place of rate and shape; the last one stays.'),
    connections: connections.prefault(50).describe('Sockets to each server, where the driver has a pool.'),
    max_in_flight: count({ min: 1, max: 1_000_000 })
      .prefault(MAX_IN_FLIGHT)
      .describe('Operations in flight beyond which arrivals wait, with the wait in their latency.'),
  },
  { pipeline: 'model: closed', think: 'model: closed' },
)
  .superRefine(excludes('stages', 'rate', 'shape'))
  .transform((section) => ({
    model: section.model,
    ...(section.stages === undefined
      ? { rate: section.rate ?? 1000, shape: section.shape ?? ({ form: 'constant' } as const) }
      : staged(section.stages)),
    arrival: section.arrival,
    connections: section.connections,
    maxInFlight: section.max_in_flight,
  }));

function staged(written: readonly { readonly duration: number; readonly rate: number }[]): {
  readonly rate: number;
  readonly shape: RateShape;
} {
  const stages = written.map((stage) => ({ durationMs: stage.duration, rate: stage.rate }));
  const lengthMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const due = stages.reduce((sum, { durationMs, rate: perSecond }) => sum + durationMs * perSecond, 0);
  return { rate: due / lengthMs, shape: { form: 'stages', stages } };
}

/** The section `load`. */
export const loadSchema: z.ZodType<LoadSpec> = z.discriminatedUnion('model', [closed, open]);
