import { bareNotice } from './fault-bus.ts';
import type { FaultLine } from './fault-line.ts';
import type { Ledger } from './ledger.ts';

/** A ledger behind a line with faults: the line of its server's tier, as a rule. */
export function faultLedger(ledger: Ledger, line: FaultLine): Ledger {
  return {
    read: (tags) => line.call(() => ledger.read(tags)),
    advance: (change, notice) => line.call(() => ledger.advance(change, bareNotice(notice))),
  };
}
