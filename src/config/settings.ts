import { CachectlError, type Problem } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { checkAddress, type Service, SERVICES, showAddress } from './addresses.ts';
import type { ConfigFile } from './config-file.ts';
import { type CacheTiers, DEFAULT_CONFIG, DEFAULT_PROFILE_SETTINGS, type Profile } from './config-schema.ts';
import type { Environment } from './interpolate.ts';
import type { PolicySettings } from './scenario.ts';
import { wrongFile } from './validate.ts';
import { writeDuration } from './written-quantity.ts';

export type SettingSource = 'flag' | 'environment' | 'file' | 'default';

/** A setting, and why it is as it is. */
export interface Setting<T> {
  readonly value: T;
  readonly from: SettingSource;
  /** `--redis`, `CACHECTL_REDIS_URL`, `cachectl.yaml:12`, `cachectl.yaml:12 (${REDIS_URL})` or `built in`. */
  readonly where: string;
  /** The value for people; holds no secret. Empty when there is none. */
  readonly text: string;
}

/** Everything that flags, environment and `cachectl.yaml` set, with the strongest of them. */
export interface Settings {
  readonly profile: Setting<string | undefined>;
  readonly redis: Setting<string | undefined>;
  readonly memcached: Setting<string | undefined>;
  readonly database: Setting<string | undefined>;
  readonly protected: Setting<boolean>;
  readonly readonly: Setting<boolean>;
  readonly deadlineMs: Setting<number>;
  readonly connectTimeoutMs: Setting<number>;
  readonly tiers: CacheTiers;
  readonly policies: readonly PolicySettings[];
  /** The file that was read, for where tiers and policies come from. */
  readonly file: ConfigFile | undefined;
}

export interface SettingFlags {
  readonly redis?: string | undefined;
  readonly memcached?: string | undefined;
  readonly database?: string | undefined;
  readonly profile?: string | undefined;
}

export interface SettingInputs {
  readonly flags: SettingFlags;
  readonly env: Environment;
  readonly file: ConfigFile | undefined;
}

const VARIABLES: Readonly<Record<Service, string>> = {
  redis: 'CACHECTL_REDIS_URL',
  memcached: 'CACHECTL_MEMCACHED',
  database: 'CACHECTL_DATABASE_URL',
};

/**
 * Decides every setting: flag before environment before file before default. An empty variable counts as unset.
 *
 * @throws CachectlError `BAD_USAGE` (flags, environment) or `BAD_CONFIG` (file) with all problems at once: unknown
 *   profile, malformed address, variable that the used profile needs and that is not set
 */
export function resolveSettings({ flags, env, file }: SettingInputs): Settings {
  const profile = chooseProfile(flags, env, file);
  const problems: Problem[] = [];
  const address = (service: Service): Setting<string | undefined> => {
    const given = fromCaller(`--${service}`, flags[service], VARIABLES[service], env);
    if (given === undefined) return fromProfile(file, profile.value, service, service, problems);
    const message = checkAddress(service, given.value);
    if (message !== undefined) problems.push({ message: `${given.where}: ${message}` });
    return given;
  };
  const own = <K extends keyof Profile>(name: K, key: string): Setting<Profile[K]> =>
    fromProfile(file, profile.value, name, key, problems);
  const settings: Settings = {
    profile,
    redis: address('redis'),
    memcached: address('memcached'),
    database: address('database'),
    protected: own('protected', 'protected'),
    readonly: own('readonly', 'readonly'),
    deadlineMs: own('deadlineMs', 'deadline'),
    connectTimeoutMs: own('connectTimeoutMs', 'connect_timeout'),
    tiers: (file?.data ?? DEFAULT_CONFIG).tiers,
    policies: (file?.data ?? DEFAULT_CONFIG).policies,
    file,
  };
  if (problems.length > 0) throw wrongSettings(problems);
  return settings;
}

function wrongSettings(problems: readonly Problem[]): CachectlError {
  const inFile = problems.some((problem) => problem.file !== undefined);
  const hint = `addresses are given by ${SERVICES.map((service) => `--${service}`).join(', ')}, by ${Object.values(VARIABLES).join(', ')} or in cachectl.yaml`;
  return wrongFile(inFile ? 'BAD_CONFIG' : 'BAD_USAGE', problems, hint);
}

function fromCaller(
  flag: string,
  value: string | undefined,
  variable: string,
  env: Environment,
): Setting<string> | undefined {
  if (value !== undefined) return { value, from: 'flag', where: flag, text: showAddress(value) };
  const set = env[variable];
  if (set === undefined || set === '') return undefined;
  return { value: set, from: 'environment', where: variable, text: showAddress(set) };
}

function chooseProfile(
  flags: SettingFlags,
  env: Environment,
  file: ConfigFile | undefined,
): Settings['profile'] {
  const given = fromCaller('--profile', flags.profile, 'CACHECTL_PROFILE', env);
  const names = [...(file?.data.profiles.keys() ?? [])];
  if (given !== undefined) {
    if (names.includes(given.value)) return given;
    const message =
      file === undefined
        ? `there is no cachectl.yaml with the profile '${given.value}' (from ${given.where})`
        : `${file.file} has no profile '${given.value}' (from ${given.where})${didYouMean(given.value, names)}`;
    throw new CachectlError('BAD_USAGE', message, { hint: knownProfiles(names) });
  }
  const preset = file?.data.defaultProfile;
  const written = file?.at(['default_profile']);
  if (preset !== undefined && names.includes(preset)) {
    return {
      value: preset,
      from: written === undefined ? 'default' : 'file',
      where: written?.where ?? 'built in',
      text: preset,
    };
  }
  if (written === undefined) return { value: undefined, from: 'default', where: 'built in', text: '' };
  const message = `${written.where}: default_profile: there is no profile '${preset}'${didYouMean(preset ?? '', names)}`;
  throw new CachectlError('BAD_CONFIG', message, { hint: knownProfiles(names) });
}

function knownProfiles(names: readonly string[]): string {
  return names.length === 0 ? 'define profiles in cachectl.yaml' : `the profiles are ${names.join(', ')}`;
}

function fromProfile<K extends keyof Profile>(
  file: ConfigFile | undefined,
  profile: string | undefined,
  name: K,
  key: string,
  problems: Problem[],
): Setting<Profile[K]> {
  const settings = file?.data.profiles.get(profile ?? '');
  const written = profile === undefined ? undefined : file?.at(['profiles', profile, key]);
  if (settings === undefined || written === undefined) {
    const value = DEFAULT_PROFILE_SETTINGS[name];
    return { value, from: 'default', where: 'built in', text: presetText(value) };
  }
  if (written.problem !== undefined) problems.push(written.problem);
  return { value: settings[name], from: 'file', where: written.where, text: written.text ?? '' };
}

function presetText(value: string | boolean | number | undefined): string {
  return typeof value === 'number' ? writeDuration(value) : String(value ?? '');
}
