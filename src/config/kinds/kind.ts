import type { z } from 'zod';

/** A variant as a file would say it. */
export interface VariantFile {
  readonly id: string;
  readonly title?: string;
  readonly tiers: readonly string[];
  readonly engine?: Readonly<Record<string, string | number>>;
  readonly fault?: Readonly<Record<string, string>>;
  readonly start?: string;
  readonly room?: string;
  readonly max_memory?: string;
}

/** The lengths that a scenario states for all kinds, in milliseconds. */
export interface Phases {
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What a kind of scenario adds to the keys that all have. */
export interface KindForm<Work> {
  /** The section that is called as the kind is, with `_` for `-`; the kind itself is in what it gives. */
  readonly section: z.ZodType<Work, object>;
  /** Variants when the file names none. */
  readonly variants: readonly VariantFile[];
  /** In their place, where the section decides them. */
  variantsOf?(work: Work): readonly VariantFile[];
  /** Application instances when the file does not say. */
  readonly instances: number;
  /** How long a variant takes, about, in milliseconds. */
  lengthMs(work: Work, phases: Phases): number;
  /** What is done, in a few words; undefined when the load says it all. */
  describe(work: Work, instances: number): string | undefined;
}

/** `8 instances`; nothing for one. */
export function instancesText(count: number): string {
  return `${count} ${count === 1 ? 'instance' : 'instances'}`;
}

export const ALL_TIERS: VariantFile = {
  id: 'all',
  title: 'all tiers',
  tiers: ['l1', 'redis', 'memcached', 'database'],
};
