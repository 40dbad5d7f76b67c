import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

/** Ends the bootstrap with an exit code and a message; an empty message when enough has been said. */
export class SetupError extends Error {
  constructor(exitCode, message) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Tells the user something, on stderr: stdout belongs to the program that is set up. */
export function say(text) {
  for (const line of text.split('\n')) process.stderr.write(`setup: ${line}\n`);
}

/**
 * Runs a program to its end. Signals that reach us meanwhile reach it too.
 * With `stdio: 'capture'` its output, both streams, is kept instead of shown.
 * The code is 128 + n when signal n ended it, and 127 when it could not be started.
 */
export function run(program, args, { cwd, env, stdio }) {
  const capture = stdio === 'capture';
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: capture ? ['ignore', 'pipe', 'pipe'] : stdio });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    const stopRelay = relaySignals(child);
    const finish = (code) => {
      stopRelay();
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.once('close', (code, signal) => finish(code ?? 128 + constants.signals[signal]));
  });
}

/** What to end with after a step of the set-up failed: silently when a signal stopped it. */
export function failure(what, code, output) {
  if (code === 130 || code === 143) return new SetupError(code, '');
  return new SetupError(1, `${output.trimEnd()}\n${what} failed (exit code ${code})`.trimStart());
}

/** npm passes on a signal that a whole process group has received already: within this time it is the same. */
const SAME_SIGNAL_MS = 1000;

function relaySignals(child) {
  const lastAt = new Map();
  const relay = (signal) => {
    const now = performance.now();
    const repeated = now - (lastAt.get(signal) ?? -Infinity) < SAME_SIGNAL_MS;
    lastAt.set(signal, now);
    if (!repeated && !(signal !== 'SIGTERM' && onTerminal())) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, relay);
  return () => {
    for (const signal of signals) process.off(signal, relay);
  };
}

/**
 * Whether we run at a terminal. It sends Ctrl-C to the child itself; sending it a second time would tell
 * cachectl to leave at once.
 */
function onTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
