import { serialize } from '../results/write.ts';
import type { Reporter } from './reporter.ts';

/** The result as one JSON document, with the verdict under `verdict` and what it says of claims under `claims`. It can be read back as a result file. */
export const json: Reporter = ({ result, verdict, claims = [] }) => serialize(result, { verdict, claims });
