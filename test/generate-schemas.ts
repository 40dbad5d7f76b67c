/*
 * Writes the JSON Schemas for editors into scenarios/, from the definitions that validate the files.
 * Run: npm run schemas
 */
import { writeFileSync } from 'node:fs';
import { generateSchemas } from '../src/config/json-schemas.ts';

for (const [name, schema] of Object.entries(generateSchemas())) {
  writeFileSync(`scenarios/${name}`, `${JSON.stringify(schema, undefined, 2)}\n`);
}
