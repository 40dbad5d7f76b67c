import { serialize } from '../results/write.ts';
import type { Reporter } from './reporter.ts';

/** The result as one JSON document, with the verdict under `verdict`. It can be read back as a result file. */
export const json: Reporter = ({ result, verdict }) => serialize(result, { verdict });
