import type { Host } from '../bench/host.ts';
import type { Clock } from '../base/clock.ts';

/** The outside world as the program sees it: the only way from the code to the process it runs in. */
export interface CliContext {
  /** Arguments, without the runtime and the script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Data: reports and JSON. */
  readonly stdout: Output;
  /** Everything else: progress, warnings, errors. */
  readonly stderr: Output;
  /** Folder of the scenarios that come with the program. */
  readonly scenariosDir: string;
  readonly host: Host;
  readonly clock: Clock;
  readonly interrupt: Interrupt;
  /** Runs something when the process ends, however suddenly; it must not wait for anything. */
  readonly onExit: (callback: () => void) => void;
}

export interface Output {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** Columns; of a terminal its own, else 80 or what COLUMNS says. */
  readonly width: number;
  readonly color: boolean;
  readonly unicode: boolean;
}

/** Ctrl-C and SIGTERM: the first one asks to stop in order, a second one leaves at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Which one came. */
  readonly received: () => 'SIGINT' | 'SIGTERM' | undefined;
}
