import type { Act, Acts } from './driver.ts';

/** The driver, telling of each read of the engine who had the value: a tier by its name, or `loader`. */
export function tellingSource(acts: Acts, tell: (source: string) => void): Acts {
  const telling = ({ send, judge }: Act): Act => ({
    send,
    judge: (reply, keyIndex, slot) => {
      if (typeof reply === 'object' && reply !== null && 'source' in reply) {
        if (typeof reply.source === 'string') tell(reply.source);
      }
      return judge(reply, keyIndex, slot);
    },
  });
  return { ...acts, get: telling(acts.get), getOrLoad: telling(acts.getOrLoad) };
}
