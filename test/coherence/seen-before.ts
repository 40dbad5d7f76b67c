import type { Read } from './history.ts';
import type { Rising } from './rising.ts';

/**
 * The newest version that its instance had read when a read of one key began; 0 when there is none.
 *
 * What nobody has acknowledged yet may be lost again: an instance that loaded it by itself in an outage may then read
 * the older value of the server. That step back is allowed, and so is staying there when the newer one is acknowledged
 * at last, for as long as the bound allows. So with the end of such a read everything counts no more that was read
 * before it began.
 *
 * @param reads of one key, in the order in which they began
 * @param acknowledged versions
 */
export function seenBefore(reads: readonly Read[], acknowledged: Rising): ReadonlyMap<Read, number> {
  const seen = new Map<Read, number>();
  for (const own of byInstance(reads)) sweep(own, acknowledged, seen);
  return seen;
}

function byInstance(reads: readonly Read[]): Iterable<readonly Read[]> {
  const lists = new Map<number, Read[]>();
  for (const read of reads) {
    const list = lists.get(read.instance);
    if (list === undefined) lists.set(read.instance, [read]);
    else list.push(read);
  }
  return lists.values();
}

function sweep(reads: readonly Read[], acknowledged: Rising, seen: Map<Read, number>): void {
  const ended = reads.filter(({ version }) => version !== undefined).toSorted((a, b) => a.endMs - b.endMs);
  const steppedBack = new Set<Read>();
  let highest = 0;
  let next = 0;
  for (const read of reads) {
    for (let one = ended[next]; one !== undefined && one.endMs < read.startMs; one = ended[++next]) {
      highest = steppedBack.has(one)
        ? newestSince(ended, next, one.startMs)
        : Math.max(highest, one.version ?? 0);
    }
    seen.set(read, highest);
    const version = read.version ?? highest;
    if (version < highest && version >= acknowledged.before(read.startMs)) steppedBack.add(read);
  }
}

/** The newest version of the reads up to this place that had not ended at this time. */
function newestSince(ended: readonly Read[], place: number, timeMs: number): number {
  let newest = 0;
  for (let at = place; at >= 0; at--) {
    const { endMs, version = 0 } = ended[at] as Read;
    if (endMs < timeMs) break;
    newest = Math.max(newest, version);
  }
  return newest;
}
