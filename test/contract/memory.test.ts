import { ManualClock } from '../../src/base/clock.ts';
import { openMemory } from '../../src/backends/memory/open.ts';
import { describeBusContract } from './bus-contract.ts';
import { describeLeaseContract } from './lease-contract.ts';
import { describeTierContract } from './tier-contract.ts';

const NO_SERVER = 'no server: the entries are in this process';

describeTierContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  return {
    tier: backend.tier,
    deadlineMs: 50,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});

describeBusContract('memory', async () => {
  const backend = openMemory();
  const bus = backend.openBus?.('channel');
  if (bus === undefined) throw new Error('memory has a bus');
  return { near: bus, far: bus, deadlineMs: 50, faults: NO_SERVER, dispose: () => backend.close() };
});

describeLeaseContract('memory', async () => {
  const clock = new ManualClock();
  const backend = openMemory({ clock });
  return {
    near: backend.lease,
    far: backend.lease,
    deadlineMs: 50,
    resolutionMs: 1,
    pass: (ms) => clock.advance(ms),
    faults: NO_SERVER,
    dispose: () => backend.close(),
  };
});
