import type { EntryFormat } from './entry.ts';
import type { Fence } from './fence.ts';
import type { KeySpace } from './keys.ts';
import type { TierSlot } from './tier-slot.ts';

/** What reading and writing have in common. */
export interface EngineParts {
  readonly slots: readonly TierSlot[];
  readonly format: EntryFormat;
  readonly keys: KeySpace;
  readonly fence: Fence;
}
