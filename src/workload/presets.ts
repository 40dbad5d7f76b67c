import { kvcachePreset } from './presets/kvcache.ts';
import type { Preset } from './presets/preset.ts';
import { twitterPresets } from './presets/twitter.ts';

let twitter: ReadonlyMap<string, Preset> | undefined;
let kvcache: Preset | undefined;

/** Presets by name, made when first asked for. */
const MAKERS: Readonly<Record<string, (name: string) => Preset | undefined>> = {
  twitter: (name) => (twitter ??= byName(twitterPresets())).get(name),
  meta: (name) => (name === 'meta/kvcache' ? (kvcache ??= kvcachePreset()) : undefined),
};

/** Clusters of the table of Twitter. */
const CLUSTERS = 54;

/** The names of all presets. */
export const PRESET_NAMES: readonly string[] = [
  ...Array.from({ length: CLUSTERS }, (_, index) => `twitter/cluster${index + 1}`),
  'meta/kvcache',
];

/** The preset of that name; undefined when there is none. */
export function findPreset(name: string): Preset | undefined {
  const [family = ''] = name.split('/');
  return Object.hasOwn(MAKERS, family) ? MAKERS[family]?.(name) : undefined;
}

function byName(presets: readonly Preset[]): ReadonlyMap<string, Preset> {
  return new Map(presets.map((preset) => [preset.name, preset]));
}
