import { expect, test } from 'vitest';
import { failoverVerdict } from '../../../../src/report/verdicts/failover.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';

const BEFORE = { operations: 1000, 'before.latency.p99': 1.2, 'fault.errors': 0 };

function variant(title: string, metrics: Readonly<Record<string, number>>): VariantResult {
  return {
    id: title.toLowerCase().replaceAll(' ', '-'),
    title,
    tiers: ['l1', 'redis'],
    measuredMs: 10_000,
    metrics: { ...BEFORE, ...metrics },
    histograms: {},
    seconds: [],
    errors: [],
    events: [
      { at: 3, what: 'begins' },
      { at: 6, what: 'ends' },
    ],
  };
}

const said = (...variants: readonly VariantResult[]): readonly string[] =>
  failoverVerdict({ variants } as unknown as RunResult).map((text) => text.replaceAll('\u00a0', ' '));

const STOPPED = variant('Redis stopped', {
  'fault.latency.p99': 42,
  'fault.origin.loads_factor': 31.2,
  'recovery.time': 180,
});

test('one fault: what failed, how slow it was, what it cost the origin, and when it was over', () => {
  expect(said(STOPPED)).toEqual([
    'Redis stopped for 3.00 s: no operation failed; p99 rose from 1.20 ms to 42.0 ms, 31 × the origin load; back 180 ms after it returned.',
  ]);
});

test('the worst first: failures, then no recovery, then latency; the others in a sentence', () => {
  const failing = variant('Redis cut off', {
    'fault.errors': 15,
    'fault.read_errors': 12,
    'fault.latency.p99': 2,
    'recovery.time': 20,
  });
  const late = variant('Redis killed', { 'fault.latency.p99': 1.25, 'fault.origin.loads': 3 });
  const mild = variant('Redis slow', { 'fault.latency.p99': 50, 'recovery.time': 90 });
  expect(said(STOPPED, mild, late, failing)).toEqual([
    'Redis cut off for 3.00 s: 12 reads and 3 writes failed; p99 rose from 1.20 ms to 2.00 ms; back 20.0 ms after it returned.',
    'In the other 3 faults no operation failed; not back when the run ended: Redis killed.',
  ]);
  expect(said(mild, late)).toEqual([
    'Redis killed for 3.00 s: no operation failed; p99 did not rise over the 1.20 ms of before, 3 origin loads; not back when the run ended.',
    'In the other fault no operation failed; the last to be back was Redis slow, after 90.0 ms.',
  ]);
});

test('writes that fail are told apart from reads', () => {
  const [text] = said(variant('Redis killed', { 'fault.errors': 54, 'fault.read_errors': 0 }));
  expect(text).toContain(': no read failed, 54 writes did; ');
});

test('no more origin load is said, too', () => {
  const [text] = said(variant('Redis slow', { 'fault.latency.p99': 5, 'fault.origin.loads_factor': 1.05 }));
  expect(text).toContain('no more origin load');
});

test('a run that was interrupted before its first fault was over', () => {
  expect(said()).toEqual(['No fault was measured to its end.']);
  expect(said({ ...STOPPED, metrics: { operations: 5 } })).toEqual(['No fault was measured to its end.']);
});
