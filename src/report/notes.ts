import { findVariant, type RunResult, type Warning } from '../results/run-result.ts';
import { nameOf } from './names.ts';
import type { Style } from './style.ts';
import { clean, counted, marked, wrap } from './text.ts';

/** Distinct errors that are shown of each variant. */
const MAX_ERRORS = 3;

/** How a run ended that did not end by itself; empty for a complete one. */
export function renderOutcome(result: RunResult, width: number, style: Style): readonly string[] {
  const ended = {
    complete: undefined,
    interrupted: 'The run was interrupted',
    server_lost: 'The run ended early because a server was lost',
  }[result.outcome];
  if (ended === undefined) return [];
  const planned = counted(result.scenario.variants.length, 'variant');
  const measured = `figures are of ${result.variants.length} of ${planned}`;
  return wrap(`${ended}: ${measured}, and the last one may be short.`, width).map((line) =>
    style('bad', line),
  );
}

/** What the reader of the figures must know. */
export function renderWarnings(result: RunResult, width: number, style: Style): readonly string[] {
  return result.warnings.flatMap((warning) =>
    item(style('caution', '!'), `${about(result, warning)}${clean(warning.message)}`, width),
  );
}

function about(result: RunResult, { variant }: Warning): string {
  if (variant === undefined || result.scenario.variants.length === 1) return '';
  return `${nameOf(findVariant(result, variant) ?? { id: variant, title: '' })}: `;
}

/** The first few distinct errors of each variant. */
export function renderErrors(result: RunResult, width: number, style: Style): readonly string[] {
  return result.variants.flatMap((variant) => [
    ...variant.errors
      .slice(0, MAX_ERRORS)
      .flatMap(({ message, count }) =>
        item(style('bad', '✗'), `${nameOf(variant)}: ${count} × ${clean(message)}`, width),
      ),
    ...(variant.errors.length > MAX_ERRORS
      ? item(
          ' ',
          `${nameOf(variant)}: ${counted(variant.errors.length - MAX_ERRORS, 'more kind')} of error`,
          width,
        )
      : []),
  ]);
}

function item(mark: string, text: string, width: number): readonly string[] {
  return marked(mark, wrap(text, width - 4));
}
