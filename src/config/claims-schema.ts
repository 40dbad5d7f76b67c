import { z } from 'zod';
import type { ClaimSource } from '../gate/claims/claim.ts';
import { line } from './fields.ts';

/** A claim as the file says it: its place is not known yet. */
export type ClaimFile = Omit<ClaimSource, 'origin'>;

const claim = z
  .strictObject({
    what: line('what is claimed, in words').describe('What is claimed, in words.'),
    claimed: line("the figure as the source has it, such as '150 → 5 ms'").describe(
      'The figure, as the source has it.',
    ),
    source: line('the document and the place in it').describe('Document and place.'),
    holds_if: line("a condition such as 'reduction(origin.loads, before -> after) >= 70%'", 500).describe(
      'Condition on a metric, as of a gate, or on its reduction(metric, a -> b) or factor(metric, a -> b).',
    ),
  })
  .transform(({ holds_if: expression, ...rest }) => ({ ...rest, expression }));

/** `claims:` of a scenario. */
export const claimsSchema: z.ZodType<readonly ClaimFile[]> = z
  .array(claim)
  .prefault([])
  .describe('What a document says. The report tells which of it the run reproduces; the exit code does not.');
