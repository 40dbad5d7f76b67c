import type { JsonSchema } from '../../../src/config/json-schemas.ts';

/** Keywords that say nothing of what is valid. */
const NOTES = new Set(['$schema', 'title', 'description', 'default', 'examples']);

type Mapping = Readonly<Record<string, unknown>>;
type Check = (value: unknown, schema: JsonSchema) => boolean;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isMapping,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
};

const onText =
  (check: (text: string, schema: JsonSchema) => boolean): Check =>
  (value, schema) =>
    typeof value !== 'string' || check(value, schema);

const onNumber =
  (check: (value: number, schema: JsonSchema) => boolean): Check =>
  (value, schema) =>
    typeof value !== 'number' || check(value, schema);

const onList =
  (check: (list: readonly unknown[], schema: JsonSchema) => boolean): Check =>
  (value, schema) =>
    !Array.isArray(value) || check(value, schema);

const onMapping =
  (check: (mapping: Mapping, schema: JsonSchema) => boolean): Check =>
  (value, schema) =>
    !isMapping(value) || check(value, schema);

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, { type }) => TYPES[String(type)]?.(value) === true,
  const: (value, schema) => value === schema.const,
  enum: (value, schema) => (schema.enum ?? []).some((choice) => choice === value),
  pattern: onText((text, { pattern = '' }) => new RegExp(pattern, 'u').test(text)),
  minLength: onText((text, { minLength = 0 }) => text.length >= minLength),
  maxLength: onText((text, { maxLength = 0 }) => text.length <= maxLength),
  minimum: onNumber((value, { minimum = 0 }) => value >= minimum),
  maximum: onNumber((value, { maximum = 0 }) => value <= maximum),
  minItems: onList((list, { minItems = 0 }) => list.length >= minItems),
  items: onList((list, { items }) => list.every((item) => acceptsAll([items].flat(), item))),
  required: onMapping((mapping, { required = [] }) => required.every((key) => key in mapping)),
  properties: onMapping((mapping, { properties = {} }) =>
    Object.keys(mapping).every((key) => acceptsAll([properties[key]], mapping[key])),
  ),
  additionalProperties: onMapping((mapping, { properties = {}, additionalProperties }) =>
    Object.keys(mapping)
      .filter((key) => !(key in properties))
      .every((key) => acceptsAll([additionalProperties], mapping[key])),
  ),
  propertyNames: onMapping((mapping, { propertyNames }) =>
    Object.keys(mapping).every((key) => acceptsAll([propertyNames], key)),
  ),
  oneOf: (value, { oneOf = [] }) => oneOf.filter((option) => accepts(option, value)).length === 1,
  anyOf: (value, { anyOf = [] }) => anyOf.some((option) => accepts(option, value)),
};

/** Whether a JSON Schema accepts a value. Throws at a keyword that it does not know, so that it is never blind. */
export function accepts(schema: JsonSchema, value: unknown): boolean {
  return Object.keys(schema).every((keyword) => {
    if (NOTES.has(keyword)) return true;
    const check = CHECKS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    return check(value, schema);
  });
}

/** A schema that is missing accepts everything, as `true` does. */
function acceptsAll(schemas: readonly (JsonSchema | boolean | undefined)[], value: unknown): boolean {
  return schemas.every((schema) => (typeof schema === 'object' ? accepts(schema, value) : schema !== false));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Dotted paths of all keys that a schema knows, with what it says of each; items of lists count as their list. */
export function keysOf(
  schema: JsonSchema | boolean | undefined,
): readonly (readonly [path: string, key: JsonSchema])[] {
  if (typeof schema !== 'object') return [];
  const { properties = {}, items, oneOf = [], anyOf = [], additionalProperties } = schema;
  const inner = [...oneOf, ...anyOf, ...[items].flat(), additionalProperties].flatMap(keysOf);
  const own = Object.entries(properties).flatMap(([name, key]) => {
    const below = keysOf(key).map(([path, deep]): readonly [string, JsonSchema] => [`${name}.${path}`, deep]);
    return typeof key === 'object' ? [[name, key] as const].concat(below) : below;
  });
  return inner.concat(own);
}
