import { CachectlError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';

/** Looks `name` up in a registry; throws `BAD_SCENARIO` with the known names when it is not there. */
export function choose<T>(what: string, name: string, registry: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(registry);
  throw new CachectlError('BAD_SCENARIO', `unknown ${what} '${name}'${didYouMean(name, known)}`, {
    hint: `known: ${known.join(', ')}`,
  });
}
