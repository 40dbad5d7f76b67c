import { CachectlError } from '../base/errors.ts';
import type { ApplicationEvents, Invalidation } from './cache.ts';
import { KeyTemplate } from './key-template.ts';
import { joinKey, type KeyPart, keyString } from './keys.ts';
import type { Policy } from './options.ts';

type Mapping = (payload: unknown) => Invalidation;

/** Application events, mapped to what they invalidate by the policies' `on` and by functions. */
export class EventMappings implements ApplicationEvents {
  readonly #mappings = new Map<string, Set<Mapping>>();
  readonly #invalidate: (what: Invalidation) => Promise<void>;

  constructor(policies: Readonly<Record<string, Policy>>, invalidate: (what: Invalidation) => Promise<void>) {
    this.#invalidate = invalidate;
    for (const [name, policy] of Object.entries(policies)) {
      const template = new KeyTemplate(policy.key);
      for (const event of policy.on ?? []) {
        this.on(event, (payload) => ({
          keys: [
            template.fill((field) => joinKey([fieldOf(payload, field, `event ${event}: policy ${name}`)])),
          ],
        }));
      }
    }
  }

  on<Payload>(event: string, map: (payload: Payload) => Invalidation): () => void {
    // A function of its own, so that the same one can be mapped twice and each be taken back by itself.
    const mapping: Mapping = (payload) => map(payload as Payload);
    const mappings = this.#mappings.get(event) ?? new Set();
    this.#mappings.set(event, mappings.add(mapping));
    return () => {
      mappings.delete(mapping);
      if (mappings.size === 0 && this.#mappings.get(event) === mappings) this.#mappings.delete(event);
    };
  }

  /**
   * An event that nothing is mapped to invalidates nothing. When a mapping throws, what the others name is invalidated
   * all the same, and the call rejects with its error.
   * @throws CachectlError `BAD_USAGE` when the payload lacks a field that a policy's key needs
   */
  async emit(event: string, payload: unknown): Promise<void> {
    const parts: Invalidation[] = [];
    const failures: unknown[] = [];
    for (const mapping of [...(this.#mappings.get(event) ?? [])]) {
      try {
        parts.push(merged([mapping(payload)]));
      } catch (error) {
        failures.push(error);
      }
    }
    const what = merged(parts);
    if (Object.keys(what).length > 0) await this.#invalidate(what);
    if (failures.length > 0) throw failures[0];
  }
}

/** All in one, each key, tag and pattern once; what is empty is left out. */
function merged(parts: readonly Invalidation[]): Invalidation {
  const keys = new Set(parts.flatMap((part) => part.keys ?? []).map(keyString));
  const tags = new Set(parts.flatMap((part) => part.tags ?? []));
  const patterns = new Set(parts.flatMap((part) => part.patterns ?? []));
  return {
    ...(keys.size > 0 && { keys: [...keys] }),
    ...(tags.size > 0 && { tags: [...tags] }),
    ...(patterns.size > 0 && { patterns: [...patterns] }),
    ...(parts.some((part) => part.all) && { all: true }),
  };
}

function fieldOf(payload: unknown, field: string, what: string): KeyPart {
  const value: unknown =
    typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>)[field] : undefined;
  switch (typeof value) {
    case 'string':
      if (value !== '') return value;
      break;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'bigint':
    case 'boolean':
      return value;
    default:
  }
  throw new CachectlError('BAD_USAGE', `${what}: the payload's field '${field}' is ${described(value)}`, {
    hint: `emit the event with a text or a number as '${field}', which the policy's key needs`,
  });
}

function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === '') return 'empty';
  if (value === null) return 'null';
  return typeof value === 'number' ? String(value) : `of type ${typeof value}`;
}
