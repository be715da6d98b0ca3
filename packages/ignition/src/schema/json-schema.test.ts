import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { butaneSchema, type JsonSchema } from './json-schema.js';
import { allDialects, findDialect } from './variants.js';

const VECTORS = join(import.meta.dirname, '../../vectors/butane');

/** What of a document a schema of ours does not allow; only the keywords that we write are known. */
function violations(value: unknown, schema: JsonSchema, root: JsonSchema, path: string): string[] {
  const [inner] = (schema.allOf as { $ref: string }[] | undefined) ?? [];
  if (inner) {
    const definitions = root.definitions as Record<string, JsonSchema>;
    return violations(value, definitions[inner.$ref.replace('#/definitions/', '')] ?? {}, root, path);
  }
  if ('const' in schema) return value === schema.const ? [] : [`${path} is not ${String(schema.const)}`];
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, index) => violations(item, schema.items as JsonSchema, root, `${path}.${index}`));
  }
  if (schema.type !== 'object') return [];
  if (typeof value !== 'object' || value === null) return [`${path} is no map`];
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const missing = ((schema.required ?? []) as string[]).filter((name) => !(name in value));
  const wrong = Object.entries(value).flatMap(([name, item]) => {
    const property = properties[name];
    if (property) return violations(item, property, root, `${path}.${name}`);
    return schema.additionalProperties === false ? [`${path}.${name} is unknown`] : [];
  });
  return [...missing.map((name) => `${path}.${name} is missing`), ...wrong];
}

/** Vectors that the reference takes without a word, by name. */
const accepted = readdirSync(VECTORS)
  .filter((name) => name.endsWith('.rc') && readFileSync(join(VECTORS, name), 'utf8').trim() === '0')
  .map((name) => name.slice(0, -3))
  .filter((name) => readFileSync(join(VECTORS, `${name}.err`), 'utf8') === '');

describe('butaneSchema', () => {
  it.each(accepted)('allows %s', (name) => {
    const document = parse(readFileSync(join(VECTORS, `${name}.bu`), 'utf8'), { version: '1.1', merge: true }) as {
      variant: string;
      version: string;
    };
    const dialect = findDialect(document.variant, document.version);
    if (!dialect) throw new Error(`${name} has an unknown variant or version`);
    const schema = butaneSchema(dialect);
    expect(violations(document, schema, schema, '$')).toEqual([]);
  });

  it('refuses unknown keys and missing ones', () => {
    const dialect = findDialect('fcos', '1.3.0');
    if (!dialect) throw new Error('fcos 1.3.0 is gone');
    const schema = butaneSchema(dialect);
    const document = {
      variant: 'fcos',
      version: '1.3.0',
      storage: { disks: [{ wipeTable: true }] },
      kernel_arguments: {},
    };
    expect(violations(document, schema, schema, '$')).toEqual([
      '$.storage.disks.0.device is missing',
      '$.storage.disks.0.wipeTable is unknown',
      '$.kernel_arguments is unknown',
    ]);
  });

  it('refers to definitions that are there', () => {
    for (const dialect of allDialects()) {
      const schema = butaneSchema(dialect);
      const references = [...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]*)"/g)].map(([, name]) => name);
      expect(Object.keys(schema.definitions as object)).toEqual(expect.arrayContaining([...new Set(references)]));
    }
  });
});
