import ora from 'ora';
import { formatCount, formatDuration, formatRatio } from '../base/units.ts';
import type { OnProgress, Progress } from '../bench/plan.ts';
import type { Scenario } from '../config/scenario.ts';
import type { CliContext } from './context.ts';

/** How often a line is written where there is no terminal to animate. */
const LINE_INTERVAL_MS = 10_000;

export interface ProgressDisplay {
  readonly show: OnProgress;
  /** Takes the display away. Call it before anything is printed. */
  stop(): void;
}

/** Shows how a run goes, on stderr: live at a terminal, else one line every ten seconds. */
export function showProgress(context: CliContext, scenario: Scenario): ProgressDisplay {
  return context.stderr.isTTY ? spinner(context, scenario) : lines(context, scenario);
}

function spinner({ stderr, interrupt }: CliContext, scenario: Scenario): ProgressDisplay {
  const display = ora({ text: scenario.name, color: 'cyan', discardStdin: false, hideCursor: true }).start();
  return {
    show: (progress) => {
      const stopping = interrupt.signal.aborted ? ' (stopping; Ctrl-C again leaves at once)' : '';
      display.text = cut(`${scenario.name}: ${progressText(progress)}${stopping}`, stderr.width - 3);
    },
    stop: () => {
      display.stop();
    },
  };
}

function lines({ stderr, clock }: CliContext, scenario: Scenario): ProgressDisplay {
  let last = clock.nowMs();
  return {
    show: (progress) => {
      const now = clock.nowMs();
      if (progress.phase !== 'setup' && now - last < LINE_INTERVAL_MS) return;
      last = now;
      stderr.write(`${scenario.name}: ${progressText(progress)}\n`);
    },
    stop: () => {},
  };
}

function progressText(progress: Progress): string {
  if ('message' in progress) return progress.message;
  const { variant, index, count, elapsedMs, totalMs, throughput, errors, hitRatio, p99Ms } = progress;
  const place = count > 1 ? `${variant} (${index + 1} of ${count})` : variant;
  const left = `${Math.ceil((totalMs - elapsedMs) / 1000)} s left`;
  if (progress.phase === 'warmup') return `${place}, warming up, ${left}`;
  const latency = p99Ms === undefined ? '' : `, p99 ${formatDuration(p99Ms)}`;
  const hits = hitRatio === undefined ? '' : `, ${formatRatio(hitRatio)} hits`;
  const failed = errors === 0 ? '' : `, ${formatCount(errors)} failed`;
  return `${place}, ${formatCount(Math.round(throughput))}/s${latency}${hits}${failed}, ${left}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}
