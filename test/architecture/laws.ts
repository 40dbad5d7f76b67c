import { dirname, join, normalize } from 'node:path/posix';
import type { Source } from './source.ts';

/** The floors of the house. A folder imports only folders on a lower floor, types included. */
const FLOORS: Readonly<Record<string, number>> = {
  bin: 8,
  'src/cli': 7,
  'src/bench': 6,
  'src/ops': 6,
  'src/testbed': 5,
  'src/config': 4,
  'src/report': 4,
  'src/gate': 3,
  'src/http': 3,
  'src/testing': 3,
  'src/engine': 2,
  'src/results': 2,
  'src/backends': 1,
  'src/workload': 1,
  'src/metrics': 1,
  'src/base': 0,
};

/** Who alone may import a package. */
const FENCES: readonly (readonly [module: RegExp, where: RegExp])[] = [
  [/^(commander|ora|@inquirer\/.*|prompts)$/, /^src\/cli\//],
  [/^cli-table3$/, /^src\/report\//],
  [/^ioredis(\/.*)?$/, /^src\/backends\/redis\//],
  [/^memjs$/, /^src\/backends\/memcached\//],
  [/^(pg|pg-.*)$/, /^src\/backends\/database\/postgres[^/]*\.ts$/],
  [/^(libsql|@libsql\/.*)$/, /^src\/backends\/database\/sqlite[^/]*\.ts$/],
  [/^hdr-histogram-js$/, /^src\/(metrics|results)\//],
  [/^fzstd$/, /^src\/workload\/traces\//],
  [/^autocannon$/, /^src\/bench\//],
  [/^zod(\/.*)?$/, /^src\/(config|results)\//],
  [/^yaml$/, /^src\/config\//],
  [/^(node:)?child_process$/, /^src\/(testbed|bench\/instances)\//],
  [/^(node:)?(process|console)$/, /^(bin\/|src\/base\/clock\.ts$)/],
  [/^(node:)?perf_hooks$/, /^src\/(base|metrics)\//],
];

const GLOBALS: readonly (readonly [used: RegExp, where: RegExp])[] = [
  [/^(process|console)\b/, /^bin\//],
  [/^(Date\.now|new Date\(\)|performance\.now|performance\.timeOrigin|Math\.random)$/, /^src\/base\//],
  [/^performance(\.eventLoopUtilization)?$/, /^src\/(base|metrics)\//],
];

const BARREL = 'src/engine/index.ts';
const MOST_LINES = 300;

function folderOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function resolved(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : undefined;
}

/** Every law that the sources break, as `path: what`. */
export function violations(sources: readonly Source[]): readonly string[] {
  return [...sources.flatMap((source) => violationsOf(source)), ...cycles(sources)];
}

function violationsOf({ path, lines, imports, reexports, globals }: Source): readonly string[] {
  const found: string[] = [];
  const folder = folderOf(path);
  const floor = FLOORS[folder];
  if (floor === undefined) found.push(`${path}: ${folder} is on no floor`);
  if (/\/(utils?|helpers?|common|types)(\/|\.ts$)/.test(path)) found.push(`${path}: its name says nothing`);
  if (lines > MOST_LINES) found.push(`${path}: ${lines} lines, at most ${MOST_LINES}`);
  if (reexports && path !== BARREL) found.push(`${path}: re-exports, as only ${BARREL} may`);
  for (const specifier of imports) {
    const target = resolved(path, specifier);
    const other = target === undefined ? undefined : folderOf(target);
    if (other !== undefined && other !== folder && (FLOORS[other] ?? Infinity) >= (floor ?? -1)) {
      found.push(`${path}: imports ${specifier}, which is not on a lower floor`);
    }
    for (const [module, where] of FENCES) {
      if (module.test(specifier) && !where.test(path))
        found.push(`${path}: imports ${specifier}, which is fenced`);
    }
  }
  for (const used of globals) {
    for (const [global, where] of GLOBALS) {
      if (global.test(used) && !where.test(path)) found.push(`${path}: uses ${used}, which is fenced`);
    }
  }
  return found;
}

function cycles(sources: readonly Source[]): readonly string[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.map((specifier) => resolved(path, specifier)).filter((target) => target !== undefined),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`${path}: import cycle ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}
