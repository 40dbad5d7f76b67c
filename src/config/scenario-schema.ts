import { z } from 'zod';
import { type ClaimFile, claimsSchema } from './claims-schema.ts';
import { engineSchema } from './engine-schema.ts';
import { checkFaults, faultSchema } from './fault-schema.ts';
import { count, duration, evenWithProblems, identifier, line, share, size } from './fields.ts';
import { keyspaceSchema, type KeyspaceSection } from './keyspace-schema.ts';
import {
  KIND_FORMS,
  KIND_NAMES,
  type KindName,
  sectionOf,
  variantsOfWork,
  type Work,
} from './kinds/registry.ts';
import { STARTS } from './kinds/warming.ts';
import { loadSchema } from './load-schema.ts';
import { policiesSchema, resolvePolicies } from './policy.ts';
import type { Scenario, Variant } from './scenario.ts';
import { tierListSchema, tiersSchema } from './tiers-schema.ts';
import { replayLoad, traceSchema } from './trace-schema.ts';
import { ttlSchema } from './ttl-schema.ts';
import { valuesSchema, type ValuesSection } from './values-schema.ts';
import { checkVariantPolicies } from './variant-policy.ts';
import { keyspaceOf, originOf, workloadSchema } from './workload-schema.ts';

/**
 * A scenario as its file says it: gates and claims have no place yet, tables in other files are not read yet, and the
 * file's own name is not in it.
 */
export type ScenarioFile = Omit<Scenario, 'file' | 'gates' | 'claims' | 'keyspace' | 'values'> & {
  readonly gates: readonly string[];
  readonly claims: readonly ClaimFile[];
  readonly keyspace: KeyspaceSection;
  readonly values: ValuesSection;
};

export const SCENARIO_SCHEMA_VERSION = 'cachectl.scenario/1';

const SCENARIO_NAME = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/;
const VARIANT_ID = /^[a-z0-9][a-z0-9_-]*$/;

const operation = (meaning: string): z.ZodPrefault<z.ZodType<number, string>> =>
  share().prefault('0%').describe(`Share of operations that ${meaning}`);

const operations = z
  .strictObject({
    get_or_load: operation('read, and on a miss load from the origin and fill the tiers.'),
    get: operation('only read: a miss stays a miss.'),
    multi_get: operation('read as many keys as batch says, in one call. A hit when all of them are there.'),
    set: operation('write.'),
    delete: operation('delete.'),
    touch: operation('start the time to live of an entry anew.'),
    incr: operation('add one to a counter, which has a key of its own. Needs a bare client as driver.'),
    batch: count({ min: 1, max: 1000 }).prefault(10).describe('Keys of each multi_get.'),
  })
  .superRefine(({ batch: _batch, ...shares }, context) => {
    const percent = Object.values(shares).reduce((sum, part) => sum + part * 100, 0);
    if (Math.abs(percent - 100) < 1e-6) return;
    const message = `the shares add up to ${Number(percent.toFixed(4))}%, not to 100%`;
    context.addIssue({ code: 'custom', message });
  })
  .transform((shares) => ({
    getOrLoad: shares.get_or_load,
    get: shares.get,
    multiGet: shares.multi_get,
    set: shares.set,
    delete: shares.delete,
    touch: shares.touch,
    incr: shares.incr,
    batch: shares.batch,
  }))
  .describe('Shares of the operations; together 100%. An operation that is not named has no share.');

const DEFAULT_OPERATIONS = operations.parse({ get_or_load: '95%', set: '5%' });

const origin = z
  .strictObject({
    rows_per_key: count({ min: 1, max: 10_000 })
      .prefault(50)
      .describe('Rows that the query of one key aggregates: what makes a miss expensive.'),
    delay: duration('0ms', '1m')
      .prefault('0ms')
      .describe('Added to each query, for the network that a database on this machine lacks.'),
  })
  .transform((section) => ({ rowsPerKey: section.rows_per_key, delayMs: section.delay }))
  .prefault({})
  .describe('The database that a miss of every tier is loaded from.');

const variant = z
  .strictObject({
    id: identifier('a short id of a-z, 0-9, - and _', VARIANT_ID).describe(
      'Unique; for gates and file names.',
    ),
    title: line('a title of one line').optional().describe('For people. Default: the id.'),
    tiers: tierListSchema.describe('From the nearest to the farthest; none means that every read is a load.'),
    engine: engineSchema,
    fault: faultSchema.optional(),
    start: z.enum(STARTS).optional().meta({
      default: 'cold',
      description: 'What the tiers hold when the load begins. Others than cold need kind: warming.',
    }),
    room: share()
      .optional()
      .describe('Entries that the in-process tier holds, as a share of all keys (kind: eviction).'),
    max_memory: size('8MiB', '1024GiB')
      .optional()
      .describe('Memory bound of a private Redis or Memcached of its own (kind: eviction).'),
    policy: line('the name of a policy').optional().meta({
      description: 'Policy whose keys are driven; set then changes the data. Needs kind: load.',
    }),
  })
  .transform(({ title, fault, start, policy, room, max_memory: maxMemoryBytes, ...rest }) => ({
    ...rest,
    title: title ?? rest.id,
    ...(fault !== undefined && { fault }),
    start: start ?? 'cold',
    ...(room !== undefined && { room }),
    ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
    ...(policy !== undefined && { policy }),
  }));

const variants: z.ZodType<readonly Variant[]> = z
  .array(variant)
  .min(1, { error: 'expected at least one variant' })
  .superRefine((list: readonly { readonly id?: unknown }[], context) => {
    const ids = list.map((item) => item?.id);
    for (const [index, id] of ids.entries()) {
      const first = ids.indexOf(id);
      const message = `the id '${String(id)}' is already that of variants[${first}]`;
      if (typeof id === 'string' && first < index) {
        context.addIssue({ code: 'custom', message, path: [index, 'id'] });
      }
    }
  }, evenWithProblems)
  .describe(
    'Run one after another with the same seed and load. Gates that name none judge the last. Default: those of the kind.',
  );

const expectation = z
  .strictObject({
    hit_ratio: share().describe('Hit ratio that the workload is meant to have.'),
    within: share().prefault('2%').describe('How far from it the hit ratio may be, in points.'),
  })
  .transform((section) => ({ hitRatio: section.hit_ratio, within: section.within }))
  .optional()
  .describe('What the run must come to; one that misses it has measured something else: exit code 6.');

/** The sections of the kinds, each only with its kind. */
const sections: Record<string, z.ZodOptional<z.ZodType<Work, object>>> = Object.fromEntries(
  KIND_NAMES.flatMap((kind) => {
    const key = sectionOf(kind);
    return key === undefined ? [] : [[key, z.optional<z.ZodType<Work, object>>(KIND_FORMS[kind].section)]];
  }),
);

type Sections = Readonly<Record<string, unknown>>;

/** What the kind's section says, or its defaults. */
function workOf(kind: KindName, file: Sections): Work {
  const key = sectionOf(kind);
  const section = key === undefined ? undefined : (file[key] as Work | undefined);
  return section ?? KIND_FORMS[kind].section.parse({});
}

/** Kinds whose operations can come from a trace. */
const TRACE_KINDS: readonly KindName[] = ['load', 'eviction'];

function checkKind(
  file: Sections & { readonly kind: KindName; readonly variants?: readonly Variant[] | undefined },
  context: z.RefinementCtx,
): void {
  if (file['trace'] !== undefined && !TRACE_KINDS.includes(file.kind)) {
    const message = `this key needs kind: ${TRACE_KINDS.join(' or ')}`;
    context.addIssue({ code: 'custom', path: ['trace'], message });
  }
  for (const kind of KIND_NAMES) {
    const key = sectionOf(kind);
    if (key === undefined || kind === file.kind || file[key] === undefined) continue;
    context.addIssue({ code: 'custom', path: [key], message: `this key needs kind: ${kind}` });
  }
  for (const [index, { start, policy }] of (file.variants ?? []).entries()) {
    if (policy !== undefined && file.kind !== 'load') {
      const message = 'this key needs kind: load';
      context.addIssue({ code: 'custom', path: ['variants', index, 'policy'], message });
    }
    if (start === undefined || start === 'cold' || file.kind === 'warming') continue;
    const message = `start: ${start} needs kind: warming`;
    context.addIssue({ code: 'custom', path: ['variants', index, 'start'], message });
  }
}

/** The form of a scenario file, with all defaults, ranges and cross-checks. */
export const scenarioSchema: z.ZodType<ScenarioFile> = z
  .strictObject({
    schema: z
      .literal(SCENARIO_SCHEMA_VERSION)
      .prefault(SCENARIO_SCHEMA_VERSION)
      .describe('Form and version of this file.'),
    name: identifier('a name of a-z, 0-9, - and _, with / between parts', SCENARIO_NAME).describe(
      'What it is called in results.',
    ),
    title: line('a title of one line').optional().describe('One line: what it shows. Default: the name.'),
    kind: z.enum(KIND_NAMES).describe('What is done; the section called so has the rest of it.'),
    instances: count({ min: 1, max: 1000 })
      .optional()
      .describe('Application instances that share the servers, each a process with memory of its own.'),
    seed: count({ min: 0, max: 4_294_967_295 })
      .prefault(1)
      .describe('The same seed gives the same sequence of keys, sizes and operations.'),
    warmup: duration('0ms', '1h').prefault('1s').describe('Load before the measured part, for each variant.'),
    duration: duration('1ms', '7d')
      .prefault('10s')
      .describe('Length of the measured part, for each variant.'),
    workload: workloadSchema.optional().describe('A published workload in place of sections of its own.'),
    keyspace: keyspaceSchema.optional().describe('Which keys are used.'),
    values: valuesSchema.optional().describe('Sizes of values.'),
    ttl: ttlSchema
      .optional()
      .describe('Time that an entry lives which is written or loaded, where its tier allows for it.'),
    operations: operations.optional(),
    load: loadSchema.prefault({}).describe('How operations arrive.'),
    trace: traceSchema,
    origin,
    tiers: tiersSchema,
    policies: policiesSchema,
    variants: variants.optional(),
    ...sections,
    expect: expectation,
    gates: z
      .array(line("a gate such as 'latency.p99 < 50ms'", 500))
      .prefault([])
      .describe('Conditions on metrics that the result must meet, or the exit code is 3.'),
    claims: claimsSchema,
  })
  .superRefine(crossCheck, { when: ({ value }) => typeof value === 'object' && value !== null })
  .superRefine(checkKind)
  .superRefine(checkVariantPolicies)
  .superRefine((file, context) => {
    const work = workOf(file.kind, file);
    const failover = work.kind === 'failover' ? work : undefined;
    checkFaults({ kind: file.kind, durationMs: file.duration, variants: file.variants, failover }, context);
  })
  .transform(({ workload, ...file }) => ({
    name: file.name,
    title: file.title ?? file.name,
    kind: file.kind,
    work: workOf(file.kind, file),
    instances: file.instances ?? KIND_FORMS[file.kind].instances,
    seed: file.seed,
    warmupMs: file.warmup,
    durationMs: file.duration,
    keyspace: file.keyspace ?? (workload && keyspaceOf(workload)) ?? keyspaceSchema.parse({}),
    values: file.values ?? workload?.preset.values ?? valuesSchema.parse({}),
    ttl: file.ttl ?? workload?.preset.ttl ?? ttlSchema.parse({}),
    operations: file.operations ?? { ...DEFAULT_OPERATIONS, ...workload?.preset.operations },
    load: file.trace === undefined ? file.load : replayLoad(file.load, file.trace),
    ...(file.trace !== undefined && { trace: file.trace }),
    origin: file.origin,
    tiers: file.tiers,
    variants: file.variants ?? variants.parse(variantsOfWork(workOf(file.kind, file))),
    ...(file.expect !== undefined && { expect: file.expect }),
    gates: file.gates,
    policies: resolvePolicies(file.policies, file.tiers),
    claims: file.claims,
    ...(workload !== undefined && { preset: originOf(workload) }),
  }));

/** What sections must be to each other; each of them can be wrong by itself, and so be anything. */
function crossCheck(
  { keyspace, load, workload }: { keyspace?: unknown; load?: unknown; workload?: unknown },
  context: z.RefinementCtx,
): void {
  const has = (section: unknown, key: string): boolean =>
    typeof section === 'object' && section !== null && Object.hasOwn(section, key);
  if (has(keyspace, 'everyMs') && has(load, 'model') && !has(load, 'rate')) {
    const message = 'this key needs load.model: open, which has a rate';
    context.addIssue({ code: 'custom', message, path: ['keyspace', 'shift_time'] });
  }
  if (has(workload, 'keys') && keyspace !== undefined) {
    const message = 'this key and the section keyspace exclude each other';
    context.addIssue({ code: 'custom', message, path: ['workload', 'keys'] });
  }
}
