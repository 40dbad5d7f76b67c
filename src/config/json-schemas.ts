import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { scenarioSchema } from './scenario-schema.ts';

/** A JSON Schema, as plain data. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schemas that give editors completion and checks, by file name in the folder of scenarios. They are made
 * of the definitions that the parsers use; what crosses keys (shares, unique ids) only the parsers check.
 */
export function generateSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    'scenario.schema.json': toJsonSchema(scenarioSchema, 'A scenario of cachectl bench'),
    'cachectl.schema.json': toJsonSchema(configSchema, 'cachectl.yaml, the configuration of cachectl'),
  };
}

function toJsonSchema(schema: z.ZodType, title: string): JsonSchema {
  return {
    title,
    ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: dropForbiddenKeys }),
  };
}

/** Keys of another choice need no mention: `additionalProperties: false` rejects them. */
function dropForbiddenKeys({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void {
  for (const [key, property] of Object.entries(jsonSchema.properties ?? {})) {
    if (typeof property === 'object' && property.not !== undefined) delete jsonSchema.properties?.[key];
  }
}
