import { z } from 'zod';
import { DEFAULT_MAX_MALFORMED } from '../workload/traces/trace.ts';
import { TRACE_FORMATS, type TraceFormatName } from '../workload/traces/formats.ts';
import type { ReplayTiming } from '../workload/traces/replay.ts';
import { count, line, onlyWith, rate, real } from './fields.ts';
import { MAX_IN_FLIGHT } from './load-schema.ts';
import type { LoadSpec, TraceSpec } from './scenario.ts';

const FORMAT_NAMES = Object.keys(TRACE_FORMATS) as [TraceFormatName, ...TraceFormatName[]];

const common = {
  file: line('the path of a trace, from the folder of this file', 1000).describe(
    'The trace, plain or packed with gzip or Zstandard; a relative path starts at the folder of this file.',
  ),
  format: z
    .enum(FORMAT_NAMES)
    .optional()
    .describe('What the file is. Default: found by its content and name.'),
  look_aside: z
    .enum(['on', 'off'])
    .prefault('on')
    .describe(
      'on: a read that misses loads and fills; off: it stays a miss, for traces that have the fills as sets.',
    ),
  max_malformed: count({ min: 0, max: 1_000_000_000 })
    .prefault(DEFAULT_MAX_MALFORMED)
    .describe('So many malformed records are left out; with one more the trace is refused.'),
  limit: count({ min: 1, max: 1_000_000_000_000 })
    .optional()
    .describe('So many records of the trace are replayed, at most. Default: all.'),
};

const unpaced = z
  .strictObject({
    pace: z.literal('unpaced').optional().meta({
      default: 'unpaced',
      description: 'As fast as the connections of a closed load take them.',
    }),
    speed: onlyWith('pace: recorded'),
    rate: onlyWith('pace: rate'),
    ...common,
  })
  .transform((section) => ({ ...section, timing: { pace: 'unpaced' } as ReplayTiming }));

const recorded = z
  .strictObject({
    pace: z.literal('recorded').describe('Open loop, at the times of the trace.'),
    speed: real({ min: 0.001, max: 1_000_000 })
      .prefault(1)
      .describe('So many times as fast as it was recorded: 10 is an hour in 6 minutes.'),
    rate: onlyWith('pace: rate'),
    ...common,
  })
  .transform((section) => ({
    ...section,
    timing: { pace: 'recorded', speed: section.speed } as ReplayTiming,
  }));

const evenly = z
  .strictObject({
    pace: z.literal('rate').describe('Open loop, evenly, whatever the times of the trace.'),
    rate: rate('0.01/s', '10M/s').prefault('1000/s').describe('Operations that are due per second.'),
    speed: onlyWith('pace: recorded'),
    ...common,
  })
  .transform((section) => ({
    ...section,
    timing: { pace: 'rate', perSecond: section.rate } as ReplayTiming,
  }));

/** `trace:` of a scenario. */
export const traceSchema: z.ZodOptional<z.ZodType<TraceSpec, object>> = z
  .discriminatedUnion('pace', [unpaced, recorded, evenly])
  .transform(({ file, format, timing, look_aside: lookAside, max_malformed: maxMalformed, limit }) => ({
    file,
    timing,
    lookAside,
    maxMalformed,
    ...(format !== undefined && { format }),
    ...(limit !== undefined && { limit }),
  }))
  .optional()
  .describe('Replays recorded requests: they take the place of keyspace, operations and arrivals.');

/** A replay is an open loop when it has a pace, and a closed one when it has none. */
export function replayLoad(load: LoadSpec, { timing }: TraceSpec): LoadSpec {
  if (timing.pace === 'unpaced') {
    if (load.model === 'closed') return load;
    return { model: 'closed', connections: load.connections, pipeline: 1, thinkMs: 0 };
  }
  const maxInFlight = load.model === 'open' ? load.maxInFlight : MAX_IN_FLIGHT;
  // That of a recorded pace is known when the trace has been read.
  const perSecond = timing.pace === 'rate' ? timing.perSecond : 0;
  return {
    model: 'open',
    rate: perSecond,
    shape: { form: 'constant' },
    arrival: 'constant',
    connections: load.connections,
    maxInFlight,
  };
}
