import { redact } from '../base/redact.ts';
import { formatDuration, formatRate } from '../base/units.ts';
import type { LoadRecord, RunResult, ServerRecord } from '../results/run-result.ts';
import type { Style } from './style.ts';
import { clean, counted, truncate, unbroken, wrap } from './text.ts';

const INDENT = 2;

/** What was run, on what: the scenario and its title, then seed, load and length, then servers and machine. */
export function renderHeadline(result: RunResult, width: number, style: Style): readonly string[] {
  const { scenario, environment } = result;
  const name = truncate(clean(scenario.name), width);
  const title = clean(scenario.title);
  const [first = '', ...rest] = wrap(title === '' ? name : `${unbroken(name)}: ${title}`, width, INDENT);
  const servers = [...new Set(environment.servers.map(describeServer))];
  return [
    first.startsWith(name) ? style('strong', name) + first.slice(name.length) : first,
    ...rest,
    ...facts(
      [`seed ${scenario.seed}`, scenario.work ?? describeLoad(scenario.load), ...describeLength(result)],
      width,
      style,
    ),
    ...facts(servers, width, style),
    ...facts(
      [
        `cachectl ${result.cachectl}`,
        `Node ${environment.node}`,
        environment.platform,
        environment.cpu === '' ? `${environment.cores} cores` : `${environment.cores} × ${environment.cpu}`,
      ],
      width,
      style,
    ),
  ];
}

/** Facts side by side; a line ends between two of them. */
function facts(parts: readonly string[], width: number, style: Style): readonly string[] {
  const text = parts.map((part) => unbroken(clean(part))).join(' · ');
  return wrap(text, width - INDENT, INDENT).map(
    (line) => ' '.repeat(INDENT) + style('quiet', line.replace(/ ·$/, '')),
  );
}

function describeLoad(load: LoadRecord): string {
  if (load.model === 'closed' && load.thinkMs !== undefined) {
    return `${counted(load.connections, 'user')} who think for ${formatDuration(load.thinkMs)}`;
  }
  const connections = counted(load.connections, 'connection');
  if (load.model === 'open') return `open loop at ${formatRate(load.rate)} on ${connections}`;
  const { pipeline = 1 } = load;
  return `closed loop on ${connections}${pipeline === 1 ? '' : `, pipeline ${pipeline}`}`;
}

function describeLength({ scenario, variants }: RunResult): readonly string[] {
  const count = counted(scenario.variants.length, 'variant');
  const longest = Math.max(0, ...variants.map((variant) => variant.measuredMs));
  return [longest === 0 ? count : `${count} of ${formatDuration(longest)}`];
}

function describeServer({ product, version, private: isPrivate, address }: ServerRecord): string {
  return `${product} ${version} (${isPrivate ? 'private' : redact(address)})`;
}
