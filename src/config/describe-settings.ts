import type { PolicySettings } from './scenario.ts';
import type { TierName } from './scenario.ts';
import type { Setting, Settings, SettingSource } from './settings.ts';
import { writeDuration, writeSize } from './written-quantity.ts';
import type { Path } from './yaml-source.ts';

/** One line of `cachectl config show`. */
export interface SettingLine {
  /** Dotted, as in the file: `redis`, `tiers.l1.ttl`, `policies.customer.key`. */
  readonly name: string;
  /** For people; secrets are hidden. Empty when there is no value. */
  readonly value: string;
  readonly from: SettingSource;
  readonly where: string;
}

/** All settings as a flat list, in the order of the file's sections. */
export function describeSettings(settings: Settings): readonly SettingLine[] {
  return [
    line('profile', settings.profile),
    line('redis', settings.redis),
    line('memcached', settings.memcached),
    line('database', settings.database),
    line('protected', settings.protected),
    line('readonly', settings.readonly),
    line('deadline', settings.deadlineMs),
    line('connect_timeout', settings.connectTimeoutMs),
    ...tierLines(settings),
    ...settings.policies.flatMap((policy) => policyLines(settings, policy)),
  ];
}

function line(name: string, { text, from, where }: Setting<unknown>): SettingLine {
  return { name, value: text, from, where };
}

function tierLines(settings: Settings): readonly SettingLine[] {
  const { l1, redis, memcached, database } = settings.tiers;
  const ttl = (tier: TierName, ms: number): SettingLine =>
    fileLine(settings, ['tiers', tier, 'ttl'], writeDuration(ms));
  return [
    fileLine(settings, ['tiers', 'l1', 'max_entries'], String(l1.maxEntries)),
    fileLine(settings, ['tiers', 'l1', 'max_size'], writeSize(l1.maxBytes)),
    ttl('l1', l1.ttlMs),
    ttl('redis', redis.ttlMs),
    ttl('memcached', memcached.ttlMs),
    ttl('database', database.ttlMs),
  ];
}

function policyLines(settings: Settings, policy: PolicySettings): readonly SettingLine[] {
  const own = (key: string, value: string): SettingLine =>
    fileLine(settings, ['policies', policy.name, key], value);
  const ttl = policy.tiers.map((tier) => `${tier} ${writeDuration(policy.ttlMs[tier] ?? 0)}`);
  return [
    own('key', policy.key),
    own('tiers', policy.tiers.join(', ')),
    own('ttl', ttl.join(', ')),
    own('strategy', policy.strategy),
    own('invalidation', policy.invalidation),
    own('on', policy.on.join(', ')),
    own('tags', policy.tags.join(', ')),
    own('sliding', String(policy.sliding)),
    ...(policy.limit === undefined ? [] : [own('limit', String(policy.limit))]),
  ];
}

/** A value that only the file can set. A text with `${…}` is shown as written. */
function fileLine(settings: Settings, path: Path, value: string): SettingLine {
  const name = path.map(String).join('.');
  const written = settings.file?.at(path);
  if (written === undefined) return { name, value, from: 'default', where: 'built in' };
  return { name, value: written.text ?? value, from: 'file', where: written.where };
}
