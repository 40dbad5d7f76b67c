const GROUPS = ['a', 'b', 'c', 'd', 'e'];
const KEYS_PER_GROUP = 4;

export const allKeys: readonly string[] = GROUPS.flatMap(groupKeys);

export function groupKeys(group: string): string[] {
  return Array.from({ length: KEYS_PER_GROUP }, (_, i) => `${group}:${i}`);
}

/** The group of a key; it is the key's tag, too. */
export function groupOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
