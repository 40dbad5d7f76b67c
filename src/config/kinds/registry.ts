import { CachectlError } from '../../base/errors.ts';
import { eviction, type EvictionWork } from './eviction.ts';
import { failover, type FailoverWork } from './failover.ts';
import { invalidation, type InvalidationWork } from './invalidation.ts';
import type { KindForm, Phases, VariantFile } from './kind.ts';
import { load, type LoadWork } from './load.ts';
import { stampede, type StampedeWork } from './stampede.ts';
import { ttlStorm, type TtlStormWork } from './ttl-storm.ts';
import { warming, type WarmingWork } from './warming.ts';

/** What a scenario does, by its kind. */
export type Work =
  | LoadWork
  | StampedeWork
  | InvalidationWork
  | FailoverWork
  | WarmingWork
  | TtlStormWork
  | EvictionWork;

export type KindName = Work['kind'];

type Forms = { readonly [Name in KindName]: KindForm<Extract<Work, { kind: Name }>> };

/** The kinds of scenarios, by name. */
export const KIND_FORMS: Forms = {
  load,
  stampede,
  invalidation,
  failover,
  warming,
  'ttl-storm': ttlStorm,
  eviction,
};

export const KIND_NAMES: readonly KindName[] = Object.keys(KIND_FORMS).filter(
  (name): name is KindName => name in KIND_FORMS,
);

/** The key of a kind's own section, as `ttl_storm`; `load` has none, all that it needs is in the others. */
export function sectionOf(kind: KindName): string | undefined {
  return kind === 'load' ? undefined : kind.replaceAll('-', '_');
}

/** What a scenario of this kind needs besides the rest. @throws CachectlError `UNEXPECTED` for another kind */
export function workOf<Name extends KindName>(
  { work }: { readonly work: Work },
  kind: Name,
): Extract<Work, { kind: Name }> {
  if (isOf(work, kind)) return work;
  throw new CachectlError('UNEXPECTED', `a scenario of kind ${work.kind} was run as ${kind}`);
}

/** How long a scenario takes without setting up, about, in milliseconds. */
export function lengthOf(
  scenario: Phases & { readonly work: Work; readonly variants: readonly unknown[] },
): number {
  const form: Pick<KindForm<Work>, 'lengthMs'> = KIND_FORMS[scenario.work.kind];
  return form.lengthMs(scenario.work, scenario) * scenario.variants.length;
}

/** The variants of a scenario that names none, as a file would say them. */
export function variantsOfWork(work: Work): readonly VariantFile[] {
  const form: Pick<KindForm<Work>, 'variants' | 'variantsOf'> = KIND_FORMS[work.kind];
  return form.variantsOf?.(work) ?? form.variants;
}

/** What a scenario does, in a few words; undefined when its load says it all. */
export function describeWork({
  work,
  instances,
}: {
  readonly work: Work;
  readonly instances: number;
}): string | undefined {
  const form: Pick<KindForm<Work>, 'describe'> = KIND_FORMS[work.kind];
  return form.describe(work, instances);
}

function isOf<Name extends KindName>(work: Work, kind: Name): work is Extract<Work, { kind: Name }> {
  return work.kind === kind;
}
