import type { ErrorCount } from '../metrics/counters.ts';
import type { SecondSample } from '../metrics/interval-series.ts';

/** The record of one `cachectl bench` of one scenario: complete enough to report, gate and compare without the bench. */
export interface RunResult {
  readonly schema: 'cachectl.bench/1';
  readonly cachectl: string;
  /** ISO 8601, wall clock of the generator. */
  readonly startedAt: string;
  readonly scenario: ScenarioRecord;
  readonly environment: Environment;
  readonly variants: readonly VariantResult[];
  readonly warnings: readonly Warning[];
  readonly outcome: Outcome;
  /** The part that it is of a run on several machines, from 0; absent when it is all of it. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Of a run that took the layers apart; its variants are then one run of one layer each. */
  readonly attribution?: Attribution;
}

/** What each layer between the wire and the application costs, from the lowest up. */
export interface Attribution {
  /** How often each layer was to be run. */
  readonly rounds: number;
  readonly layers: readonly LayerCost[];
}

export interface LayerCost {
  readonly id: string;
  readonly title: string;
  readonly tiers: readonly string[];
  readonly driver: string;
  /** By metric name: what was measured with the layer. Absent when it was not measured. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** By metric name: the differences to the layer below, each of two runs of one round. Empty for the lowest. */
  readonly added: Readonly<Record<string, Spread>>;
}

/** One figure over several rounds. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface ScenarioRecord {
  readonly name: string;
  readonly title: string;
  readonly kind: string;
  readonly file: string;
  readonly seed: number;
  readonly load: LoadRecord;
  /** What was done, in a few words, where it is not the load alone: `8 instances of 250 callers`. */
  readonly work?: string;
  /** Ids of all variants that the run was to measure, in order. The last one is the main one: plain gates judge it. */
  readonly variants: readonly string[];
  /** The scenario with every default filled in; of long tables only how long they are. */
  readonly resolved: unknown;
  /** The published workload that it was taken from. */
  readonly preset?: PresetRecord;
}

export interface PresetRecord {
  readonly name: string;
  readonly source: string;
  /** Of the production cache, from 0 to 1; absent when it was not published. */
  readonly publishedMissRatio?: number;
  /** What the publication does not tell, and what stands for it. */
  readonly assumptions: readonly string[];
}

/** How the load was made: each connection waiting for its answers, or arrivals at a fixed rate (per second). */
export type LoadRecord =
  | {
      readonly model: 'closed';
      readonly connections: number;
      /** Operations in flight on each connection; absent: 1. */
      readonly pipeline?: number;
      /** Mean time from an answer to the next operation; absent: 0. */
      readonly thinkMs?: number;
    }
  | { readonly model: 'open'; readonly rate: number; readonly connections: number };

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly servers: readonly ServerRecord[];
}

export interface ServerRecord {
  /** The tier it serves, or `origin`. */
  readonly role: string;
  readonly product: string;
  readonly version: string;
  /** Passwords hidden. */
  readonly address: string;
  /** Started for the run and stopped after it. */
  readonly private: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

export interface VariantResult {
  readonly id: string;
  readonly title: string;
  readonly tiers: readonly string[];
  /** What carried out the operations: `engine`, or a bare client. Absent in files of earlier releases. */
  readonly driver?: string;
  /** Which round of an attribution it was, from 1; absent otherwise. */
  readonly round?: number;
  /** Length of the measured part as it was, in milliseconds. */
  readonly measuredMs: number;
  /** By metric name (src/metrics/catalog.ts). A metric that was not measured is absent. */
  readonly metrics: Readonly<Record<string, number>>;
  /** HDR histograms in nanoseconds, V2 compressed, base64: `latency`, `service_latency`, and one for each operation (`latency:set`). */
  readonly histograms: Readonly<Record<string, string>>;
  readonly seconds: readonly SecondSample[];
  /** The first few distinct errors with their counts. */
  readonly errors: readonly ErrorCount[];
  /** What was done to the servers meanwhile; absent when nothing was. */
  readonly events?: readonly RunEvent[];
}

/** Something that was done in the measured part. */
export interface RunEvent {
  /** Seconds since the measured part began, with fractions. */
  readonly at: number;
  /** For people: `redis: stop begins`. */
  readonly what: string;
}

/** Something the reader of the figures must know. */
export interface Warning {
  readonly code:
    | 'generator_saturated'
    | 'generator_starved'
    | 'rate_not_reached'
    | 'hit_ratio_missed'
    | 'few_samples'
    | 'errors'
    | 'evictions'
    | 'server_lost'
    | 'instance_lost'
    | 'not_recovered'
    | 'leftovers'
    | 'trace_altered'
    | 'recording_stopped'
    | 'course_not_ended'
    | 'interrupted';
  /** Variant it is about; absent when it is about the run. */
  readonly variant?: string;
  readonly message: string;
}

/**
 * How the run ended: `complete`; `server_lost` (a server died in mid-run, what was measured until then is kept);
 * `interrupted` (by a signal, likewise).
 */
export type Outcome = 'complete' | 'server_lost' | 'interrupted';

/** The variant with this id, as far as it was measured. */
export function findVariant(result: RunResult, id: string): VariantResult | undefined {
  return result.variants.find((variant) => variant.id === id);
}
