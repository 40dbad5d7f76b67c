import { afterEach, expect, test, vi } from 'vitest';
import { fastestBuild } from '../../../src/metrics/histogram.ts';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';

afterEach(() => void vi.unstubAllGlobals());

test('falls back to JavaScript where WebAssembly does not work', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(fastestBuild()).toBe('js');
  const recorder = new LatencyRecorder();
  recorder.record(5);
  expect(recorder.maxMs).toBe(5);
  expect(LatencyRecorder.decode(recorder.encode()).count).toBe(1);
});
