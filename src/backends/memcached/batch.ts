import type { Connection } from './connection.ts';
import type { ReadReply } from './pending.ts';
import { EachReply } from './replies.ts';

/** A command line, and the value that follows it. It gets exactly one reply. */
export interface Command {
  readonly line: string;
  readonly value?: Uint8Array | undefined;
}

/** Sends the commands in one piece; the server does them in their order. When some fail the call rejects, the others are done. */
export async function askAll<T>(
  connection: Connection,
  commands: readonly Command[],
  read: ReadReply<T>,
): Promise<T[]> {
  if (commands.length === 0) return [];
  return connection.batch(
    (send) => {
      for (const { line, value } of commands) send(line, value);
    },
    new EachReply(commands.length, read),
  );
}
