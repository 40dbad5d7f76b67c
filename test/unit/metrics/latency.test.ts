import { assert, double, property } from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { fastestBuild, type HistogramBuild } from '../../../src/metrics/histogram.ts';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';

const HOUR_MS = 3_600_000;
const opened: LatencyRecorder[] = [];

function open(build?: HistogramBuild, ...latencies: number[]): LatencyRecorder {
  const recorder = new LatencyRecorder(build);
  opened.push(recorder);
  for (const ms of latencies) recorder.record(ms);
  return recorder;
}

afterEach(() => {
  for (const recorder of opened.splice(0)) recorder.close();
});

const relativeError = (got: number | undefined, wanted: number): number =>
  Math.abs((got ?? Number.NaN) / wanted - 1);

test('the fast build works here', () => expect(fastestBuild()).toBe('wasm'));

describe.each<HistogramBuild>(['wasm', 'js'])('latency recorder, %s build', (build) => {
  test.each([
    ['1 ns', 1e-6],
    ['100 ns', 1e-4],
    ['1 µs', 1e-3],
    ['1 ms', 1],
    ['1 s', 1000],
    ['2^31 ns less one', 2147.483_647],
    ['2^31 ns', 2147.483_648],
    ['2^32 ns less one', 4294.967_295],
    ['2^32 ns', 4294.967_296],
    ['5 s', 5000],
    ['60 s', 60_000],
    ['1 h', HOUR_MS],
  ])('%s is read back within 0.1 %%', (_name, ms) => {
    const recorder = open(build, ms, ms);
    const decoded = LatencyRecorder.decode(recorder.encode(), build);
    opened.push(decoded);
    for (const read of [recorder, recorder.snapshot(), decoded]) {
      expect(read.count).toBe(2);
      expect(relativeError(read.percentile(50), ms)).toBeLessThan(0.001);
      expect(relativeError(read.maxMs, ms)).toBeLessThan(0.001);
      expect(relativeError(read.meanMs, ms)).toBeLessThan(0.001);
    }
  });

  test('percentiles are those of the sorted values', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 20_000 }, () => Math.exp(random.next() * 20) / 1000);
    const recorder = open(build, ...values);
    const sorted = Float64Array.from(values).sort();
    for (const percent of [1, 50, 90, 99, 99.9, 99.99, 100]) {
      const exact = sorted[Math.ceil((percent * sorted.length) / 100 - 1e-6) - 1]!;
      expect(relativeError(recorder.percentile(percent), exact)).toBeLessThan(0.001);
    }
    const mean = values.reduce((sum, ms) => sum + ms, 0) / values.length;
    expect(relativeError(recorder.meanMs, mean)).toBeLessThan(0.001);
  });

  test('no percentile is over the maximum, which is exact', () => {
    assert(
      property(double({ min: 1e-3, max: HOUR_MS, noNaN: true }), (ms) => {
        const recorder = open(build, ms);
        expect(recorder.maxMs).toBe(Math.round(ms * 1e6) / 1e6);
        expect(recorder.percentile(100)).toBeLessThanOrEqual(recorder.maxMs ?? 0);
        recorder.close();
      }),
    );
  });

  test('an empty one knows nothing', () => {
    const empty = open(build);
    for (const read of [empty, empty.snapshot()]) {
      expect([read.count, read.meanMs, read.maxMs, read.percentile(99)]).toEqual([
        0,
        undefined,
        undefined,
        undefined,
      ]);
    }
    const decoded = LatencyRecorder.decode(empty.encode(), build);
    opened.push(decoded);
    expect(decoded.percentile(99)).toBeUndefined();
  });

  test('a latency of 0 is a latency', () => {
    const recorder = open(build, 0);
    expect([recorder.count, recorder.maxMs, recorder.percentile(99)]).toEqual([1, 0, 0]);
  });

  test('what is out of range counts at its end; NaN is refused', () => {
    const recorder = open(build, -0.5, HOUR_MS * 2, Infinity);
    expect(recorder.count).toBe(3);
    expect(recorder.percentile(1)).toBe(0);
    expect(recorder.maxMs).toBe(HOUR_MS);
    expect(() => recorder.record(Number.NaN)).toThrow(expect.objectContaining({ code: 'UNEXPECTED' }));
    expect(recorder.count).toBe(3);
  });

  test('a snapshot stays as it was', () => {
    const recorder = open(build, 1, 2, 3);
    const snapshot = recorder.snapshot();
    recorder.record(1000);
    recorder.reset();
    expect(recorder.count).toBe(0);
    expect([snapshot.count, snapshot.maxMs]).toEqual([3, 3]);
    expect(relativeError(snapshot.percentile(50), 2)).toBeLessThan(0.001);
    recorder.close();
    expect(relativeError(snapshot.percentile(100), 3)).toBeLessThan(0.001);
  });

  test.each<HistogramBuild>(['wasm', 'js'])(
    'merges one of the %s build, which stays as it was',
    (otherBuild) => {
      const [recorder, other] = [open(build, 1, 2), open(otherBuild, 3, 40)];
      recorder.merge(other);
      expect([recorder.count, other.count]).toEqual([4, 2]);
      expect(relativeError(recorder.percentile(75), 3)).toBeLessThan(0.001);
      expect(relativeError(recorder.maxMs, 40)).toBeLessThan(0.001);
    },
  );

  test('a merge of parts is as the whole', () => {
    const random = seededRandom(2);
    const values = Array.from({ length: 3000 }, () => random.next() * 100);
    const whole = open(build, ...values);
    const merged = open(build, ...values.slice(0, 1000));
    merged.merge(open(build, ...values.slice(1000)));
    expect(merged.encode()).toBe(whole.encode());
  });

  test('counts beyond 2^32', () => {
    const recorder = open(build, 5);
    for (let doublings = 0; doublings < 33; doublings++) recorder.merge(recorder);
    expect(recorder.count).toBe(2 ** 33);
    expect(relativeError(recorder.percentile(50), 5)).toBeLessThan(0.001);
  });

  test.each(['', '!!!!', 'HISTFAAAAC', 'aGVsbG8gd29ybGQgaGVsbG8='])('refuses to decode %j', (text) =>
    expect(() => LatencyRecorder.decode(text, build)).toThrow(
      expect.objectContaining({ code: 'BAD_RESULT' }),
    ),
  );

  test('refuses to decode a text that was cut', () => {
    const text = open(build, 1, 2, 3).encode();
    expect(() => LatencyRecorder.decode(text.slice(0, -8), build)).toThrow(
      expect.objectContaining({ code: 'BAD_RESULT' }),
    );
  });

  test('may be closed twice', () => {
    const recorder = open(build, 1);
    recorder.close();
    expect(() => recorder.close()).not.toThrow();
  });
});

test('each build reads what the other wrote', () => {
  const values = [0.0001, 0.5, 12, 5000];
  const [wasm, js] = [open('wasm', ...values), open('js', ...values)];
  const [fromWasm, fromJs] = [
    LatencyRecorder.decode(wasm.encode(), 'js'),
    LatencyRecorder.decode(js.encode(), 'wasm'),
  ];
  opened.push(fromWasm, fromJs);
  for (const percent of [10, 50, 75, 100]) {
    expect(fromWasm.percentile(percent)).toBe(fromJs.percentile(percent));
  }
});

test('closed recorders give their memory back', () => {
  const rssBefore = process.memoryUsage.rss();
  for (let i = 0; i < 1000; i++) {
    const recorder = new LatencyRecorder('wasm');
    recorder.record(i);
    recorder.close();
  }
  expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(100e6);
});
