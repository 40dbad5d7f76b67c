import { z } from 'zod';
import { ALL_TIERS, type KindForm } from './kind.ts';

/** Drives operations against the tiers. All it needs is in the sections that every kind has. */
export interface LoadWork {
  readonly kind: 'load';
}

export const load: KindForm<LoadWork> = {
  section: z.strictObject({}).transform(() => ({ kind: 'load' as const })),
  variants: [ALL_TIERS],
  instances: 1,
  lengthMs: (_work, { warmupMs, durationMs }) => warmupMs + durationMs,
  describe: () => undefined,
};
