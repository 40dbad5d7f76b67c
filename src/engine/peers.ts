import type { ChannelListener, Tidings } from './coherence/channel.ts';
import type { LoadPath } from './load-path.ts';
import type { EngineParts } from './parts.ts';

/** Does in this process what the other instances, or the server, say has changed. */
export class Peers implements ChannelListener {
  #parts: EngineParts | undefined;
  #loads: LoadPath | undefined;

  /** Before this nothing is heard, and nothing is remembered that could be wrong. */
  begin(parts: EngineParts, loads: LoadPath): void {
    this.#parts = parts;
    this.#loads = loads;
  }

  onTidings({ keys, tags, page, all }: Tidings): void {
    if (all === true) this.#dropAll();
    else this.#drop(keys);
    if (tags.length > 0 || page) {
      this.#parts?.ledger.forget(tags, page);
      this.#loads?.abandonAll();
    }
    this.#parts?.signals.emit('invalidated', { origin: 'peer', keys: keys.length, tags: tags.length });
  }

  onServerChange(storedKeys: readonly string[] | undefined): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const keys = storedKeys?.flatMap((stored) => parts.keys.ownOf(stored) ?? []);
    // which key a hash stands for is not known, and the ledger's records stand for many
    if (keys === undefined || keys.length !== storedKeys?.length) this.#dropAll();
    else this.#drop(keys);
    parts.signals.emit('invalidated', { origin: 'server', keys: storedKeys?.length ?? 0, tags: 0 });
  }

  /** What was learnt before carries the old generation, and is not trusted any more. */
  onGap(): void {}

  onState(state: 'proven' | 'lost', why: string): void {
    this.#parts?.signals.emit('channel', { state, why });
  }

  #drop(keys: readonly string[]): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    for (const key of keys) {
      parts.fence.invalidate(key);
      parts.near.drop(key);
    }
    this.#loads?.abandon(keys);
  }

  #dropAll(): void {
    this.#parts?.fence.invalidateAll();
    this.#parts?.near.forgetAll();
    this.#parts?.ledger.forgetAll();
    this.#loads?.abandonAll();
  }
}
