import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CachectlError, messageOf, type Problem } from '../base/errors.ts';
import { checkAddress, SERVICES, type Service, showAddress } from './addresses.ts';
import { type ConfigData, configSchema } from './config-schema.ts';
import { type Environment, interpolate, type Interpolation } from './interpolate.ts';
import { dotted, validate, wrongFile } from './validate.ts';
import { type Path, type Place, readYaml, type YamlSource } from './yaml-source.ts';

/** `cachectl.yaml`, read. */
export interface ConfigFile {
  readonly file: string;
  readonly data: ConfigData;
  /** What the file itself says at a path of its own keys; undefined when it says nothing there. */
  at(path: Path): Written | undefined;
}

/** A value as the file has it. */
export interface Written {
  /** `cachectl.yaml:12`, or `cachectl.yaml:12 (${REDIS_PASSWORD})`. */
  readonly where: string;
  /** For people: without secrets, neither the file's nor the environment's. Undefined for a mapping. */
  readonly text: string | undefined;
  /** Set when the value lacks a variable of the environment. */
  readonly problem?: Problem;
}

export const CONFIG_FILE = 'cachectl.yaml';

export interface ConfigPlace {
  /** Value of `--config`. */
  readonly path?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * Finds and reads the configuration: `--config`, else `CACHECTL_CONFIG`, else `cachectl.yaml` in the working
 * folder, else none.
 *
 * @throws CachectlError `BAD_CONFIG` when a file that was named does not exist, or when it is wrong
 */
export async function loadConfig({ path, cwd, env }: ConfigPlace): Promise<ConfigFile | undefined> {
  const fromEnv = env['CACHECTL_CONFIG'] === '' ? undefined : env['CACHECTL_CONFIG'];
  const named = path ?? fromEnv;
  const file = named ?? CONFIG_FILE;
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (absent && named === undefined) return undefined;
    const by =
      path !== undefined ? '--config' : named !== undefined ? 'CACHECTL_CONFIG' : 'the working folder';
    const what = absent ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new CachectlError('BAD_CONFIG', `the configuration file '${file}' (from ${by}) ${what}`, {
      cause: error,
    });
  }
  return parseConfig(text, file, env);
}

/**
 * Reads the text of a `cachectl.yaml`. A variable that is not set is an error, except in an address of a profile:
 * there it is one only when that profile's address is used, so that a developer needs no secrets of production.
 *
 * @throws CachectlError `BAD_CONFIG` with all problems at once
 */
export function parseConfig(text: string, file: string, env: Environment): ConfigFile {
  const references = new References(file, env);
  const source = readYaml(text, file, (written, path, place) => references.replace(written, path, place));
  const found = [...references.problems, ...addressProblems(source, references)];
  const { data, problems } = validate(configSchema, { ...source, problems: [...source.problems, ...found] });
  if (data === undefined) throw wrongFile('BAD_CONFIG', problems, HINT);
  return { file, data, at: (path) => writtenAt(source, references, path) };
}

const HINT =
  'an editor that knows scenarios/cachectl.schema.json explains every key; inside { } put quotes around a text with ${…}';

/** The texts of a file that had `${…}` in them, by their place. */
class References {
  readonly #file: string;
  readonly #env: Environment;
  readonly #found = new Map<string, Interpolation>();
  /** Problems that count whichever profile is used. */
  readonly problems: Problem[] = [];

  constructor(file: string, env: Environment) {
    this.#file = file;
    this.#env = env;
  }

  replace(text: string, path: Path, place: Place): string {
    const result = interpolate(text, this.#env);
    if (result.names.length === 0 && result.problems.length === 0) return result.text;
    this.#found.set(keyOf(place), result);
    const [message] = result.problems;
    if (message === undefined) return result.text;
    if (serviceOf(path) === undefined)
      this.problems.push({ file: this.#file, ...place, key: dotted(path), message });
    return text;
  }

  at(place: Place): Interpolation | undefined {
    return this.#found.get(keyOf(place));
  }
}

const keyOf = ({ line, column }: Place): string => `${line}:${column}`;

/** The service whose address stands at a path. */
function serviceOf(path: Path): Service | undefined {
  const isAddress = path.length === 3 && path[0] === 'profiles';
  return isAddress ? SERVICES.find((service) => service === path[2]) : undefined;
}

function addressProblems(source: YamlSource, references: References): readonly Problem[] {
  const paths = source
    .keysAt(['profiles'])
    .flatMap((profile) => SERVICES.map((service) => ({ profile, service })));
  return paths.flatMap(({ profile, service }) => {
    const path = ['profiles', profile, service];
    const address = source.textAt(path);
    const place = source.placeOf(path);
    if (address === undefined || (references.at(place)?.problems.length ?? 0) > 0) return [];
    const message = checkAddress(service, address, shownAt(source, references, path));
    return message === undefined ? [] : [{ file: source.file, ...place, key: dotted(path), message }];
  });
}

function writtenAt(source: YamlSource, references: References, path: Path): Written | undefined {
  if (!source.has(path)) return undefined;
  const place = source.placeOf(path);
  const parts = [path, ...source.keysAt(path).map((key) => path.concat(key))];
  const names = parts.flatMap((part) => references.at(source.placeOf(part))?.names ?? []);
  const variables = names.length === 0 ? '' : ` (${names.map((name) => `\${${name}}`).join(', ')})`;
  const message = references.at(place)?.problems[0];
  return {
    where: `${source.file}:${place.line}${variables}`,
    text: shownAt(source, references, path),
    ...(message === undefined
      ? {}
      : { problem: { file: source.file, ...place, key: dotted(path), message } }),
  };
}

/**
 * A text that is one reference shows the address it stands for, without its password; one with references inside
 * shows them as written, because what they stand for may be a secret.
 */
function shownAt(source: YamlSource, references: References, path: Path): string | undefined {
  const written = source.written(path);
  const service = serviceOf(path);
  const reference = references.at(source.placeOf(path));
  const isKnownAddress =
    service !== undefined && reference?.whole === true && checkAddress(service, reference.text) === undefined;
  return written === undefined ? undefined : showAddress(isKnownAddress ? reference.text : written);
}
