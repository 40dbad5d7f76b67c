import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CachectlError, messageOf } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { scenarioSchema } from './scenario-schema.ts';
import type { Scenario } from './scenario.ts';
import { readTables } from './scenario-tables.ts';
import { validate, wrongFile } from './validate.ts';
import { readYaml } from './yaml-source.ts';

/**
 * Reads the text of a scenario file: every default filled in, every unit converted, tables in other files read.
 *
 * @param file what the file is called in messages and in the places of its gates
 * @param folder where paths of other files start from
 * @throws CachectlError `BAD_SCENARIO` with all problems at once, each with line, column and key
 */
export function parseScenario(text: string, file: string, folder = '.'): Scenario {
  const source = readYaml(text, file);
  const { data, problems } = validate(scenarioSchema, source);
  const read = data && readTables(data, source, folder);
  if (data === undefined || read?.tables === undefined) {
    const hint = 'scenarios/reference.yaml explains every key of a scenario';
    throw wrongFile('BAD_SCENARIO', [...problems, ...(read?.problems ?? [])], hint);
  }
  const gates = data.gates.map((expression, index) => ({
    expression,
    origin: `${file}:${source.placeOf(['gates', index]).line}`,
  }));
  const claims = data.claims.map((claim, index) => ({
    ...claim,
    origin: `${file}:${source.placeOf(['claims', index, 'holds_if']).line}`,
  }));
  return { ...data, ...read.tables, file, gates, claims };
}

export interface ScenarioPlaces {
  /** Folder of the scenarios that come with cachectl. */
  readonly shippedDir: string;
  /** Folder that relative paths start from, and that paths in messages are shortened by. */
  readonly cwd: string;
}

/**
 * Loads a scenario by the name of a shipped one (`quickstart`, `smoke/load`), else by path.
 *
 * @throws CachectlError `BAD_SCENARIO` when there is no such scenario, or when it is wrong
 */
export async function loadScenario(nameOrPath: string, places: ScenarioPlaces): Promise<Scenario> {
  const names = await shippedNames(places.shippedDir);
  const shipped = names.includes(nameOrPath);
  const path = shipped ? join(places.shippedDir, `${nameOrPath}.yaml`) : resolve(places.cwd, nameOrPath);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw notLoaded(nameOrPath, names, error);
  }
  return withTraceOf(dirname(path), parseScenario(text, displayPath(path, places.cwd), dirname(path)));
}

/** The trace is looked for where the scenario is. */
function withTraceOf(folder: string, scenario: Scenario): Scenario {
  const { trace } = scenario;
  return trace === undefined
    ? scenario
    : { ...scenario, trace: { ...trace, file: resolve(folder, trace.file) } };
}

/**
 * All shipped scenarios, by name.
 *
 * @throws CachectlError `BAD_SCENARIO` when the folder cannot be read or a file in it is wrong
 */
export async function listScenarios(shippedDir: string): Promise<readonly Scenario[]> {
  const names = await shippedNames(shippedDir);
  return Promise.all(names.map((name) => loadScenario(name, { shippedDir, cwd: shippedDir })));
}

async function shippedNames(shippedDir: string): Promise<readonly string[]> {
  try {
    const files = await readdir(shippedDir, { recursive: true });
    return files
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => file.slice(0, -'.yaml'.length).replaceAll(sep, '/'))
      .sort();
  } catch (error) {
    const message = `the folder of shipped scenarios cannot be read: ${messageOf(error)}`;
    throw new CachectlError('BAD_SCENARIO', message, { cause: error, hint: 'install cachectl again' });
  }
}

function notLoaded(nameOrPath: string, names: readonly string[], error: unknown): CachectlError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const looksLikePath = /\.ya?ml$|^[./~]/i.test(nameOrPath);
  const hint = `the shipped scenarios are ${names.join(', ')}; for a file of your own give its path`;
  const message =
    code === 'EISDIR'
      ? `'${nameOrPath}' is a folder, not a scenario file`
      : code !== 'ENOENT' && code !== 'ENOTDIR'
        ? `the scenario '${nameOrPath}' cannot be read: ${messageOf(error)}`
        : looksLikePath
          ? `there is no scenario file '${nameOrPath}'`
          : `there is no scenario '${nameOrPath}'`;
  const bare = nameOrPath.replace(/\.ya?ml$/i, '').replace(/^.*scenarios\//, '');
  const guess = code === 'ENOENT' ? didYouMean(bare, names) : '';
  return new CachectlError('BAD_SCENARIO', `${message}${guess}`, { cause: error, hint });
}

function displayPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
