import { decodeFromCompressedBase64, JsHistogram } from 'hdr-histogram-js';
import { CachectlError } from '../base/errors.ts';

/** How often one latency was seen. HDR histograms keep values to about three digits. */
export interface LatencyCount {
  readonly ms: number;
  readonly count: number;
}

const NS_PER_MS = 1e6;

/**
 * The values of a histogram in a result (HDR V2 compressed, base64, nanoseconds), from small to large.
 * @throws CachectlError BAD_RESULT when it is damaged.
 */
export function decodeLatencies(encoded: string): readonly LatencyCount[] {
  try {
    // 64 bits for a counter: with 32, a count over 2^32 is wrong.
    const histogram = decodeFromCompressedBase64(encoded, 64);
    if (!(histogram instanceof JsHistogram)) throw new TypeError('not decoded by the JavaScript build');
    const values = histogram.recordedValuesIterator;
    values.reset();
    const counts: LatencyCount[] = [];
    while (values.hasNext()) {
      const { valueIteratedTo, countAddedInThisIterationStep: count } = values.next();
      counts.push({ ms: valueIteratedTo / NS_PER_MS, count });
    }
    return counts;
  } catch (cause) {
    throw new CachectlError('BAD_RESULT', 'a latency histogram in the result is damaged', {
      cause,
      hint: 'Run the benchmark again to get a new result.',
    });
  }
}
