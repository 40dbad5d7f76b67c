import { type RawAddress, RawConnection } from './raw-connection.ts';
import type { RawOptions, RawProtocol } from './raw-protocol.ts';

/** As much as a socket gives at once. */
const READ_BYTES = 65_536;

/**
 * Opens the connections of a load generator, side by side.
 * @throws CachectlError as {@link RawConnection.open}; then none stays open
 */
export async function openRawConnections(
  address: RawAddress,
  protocol: RawProtocol,
  options: RawOptions,
): Promise<readonly RawConnection[]> {
  const readInto = Buffer.allocUnsafeSlow(READ_BYTES);
  const connections = Array.from(
    { length: options.connections },
    () => new RawConnection(address, protocol, options, readInto),
  );
  const opened = await Promise.allSettled(connections.map((connection) => connection.open()));
  const failed = opened.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return connections;
  for (const connection of connections) connection.close();
  throw failed.reason;
}
