import type { Backend } from './backend.ts';
import { FaultBus } from './fault-bus.ts';
import { faultLedger } from './fault-ledger.ts';
import { FaultLine, type LineOptions } from './fault-line.ts';
import { faultTier } from './fault-tier.ts';

/** One instance's connection to a server, with faults that can be switched at any time. */
export interface FaultBackend extends Backend {
  /** The way of its tier and its ledgers. */
  readonly line: FaultLine;
  /** The buses that were opened. */
  readonly buses: readonly FaultBus[];
}

/** Puts faults between one instance and a backend. */
export function faultBackend(backend: Backend, options: LineOptions): FaultBackend {
  const { openBus, openLedger } = backend;
  const line = new FaultLine(backend.tier.name, options);
  const buses: FaultBus[] = [];
  return {
    ...backend,
    line,
    buses,
    tier: faultTier(backend.tier, line),
    ...(openBus === undefined
      ? {}
      : {
          openBus: (channel, busOptions) => {
            const bus = new FaultBus(openBus(channel, busOptions), options);
            buses.push(bus);
            return bus;
          },
        }),
    ...(openLedger === undefined
      ? {}
      : { openLedger: (namespace) => faultLedger(openLedger(namespace), line) }),
  };
}
