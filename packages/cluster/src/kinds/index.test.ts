import {
  applyDefaults,
  pruneUnknown,
  validateNative,
  type ResourceDefinition,
  type WriteContext,
} from '@longshore/apiserver';
import type { KubeObject, Schema } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinKinds } from './index.js';

const definitions = builtinKinds();
const byKind = definitions.map((definition) => [`${definition.kind}.${definition.group}`, definition] as const);

/** A value that a schema allows, with some fields that it does not know. */
function valueOf(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema['x-kubernetes-int-or-string']) return fc.constantFrom(1, '25%');
  switch (schema.type) {
    case 'array':
      return depth > 9 ? fc.constant([]) : fc.array(valueOf(schema.items ?? {}, depth + 1), { maxLength: 1 });
    case 'object': {
      const names = Object.keys(schema.properties ?? {});
      const { additionalProperties } = schema;
      if (typeof additionalProperties === 'object') {
        return fc.dictionary(fc.constantFrom('a', 'b'), valueOf(additionalProperties, depth + 1), { maxKeys: 1 });
      }
      if (names.length === 0 || depth > 9) return fc.constantFrom({}, { unknown: 1 });
      // Of many fields only some at a time, or pods would grow without end.
      return fc
        .subarray(names, { maxLength: Math.min(4, names.length) })
        .chain((chosen) =>
          fc.record(
            Object.fromEntries(chosen.map((name) => [name, valueOf(schema.properties?.[name] ?? {}, depth + 1)])),
          ),
        );
    }
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: -1, max: 3 });
    case 'string':
      if (schema.format === 'date-time') return fc.constant('2026-01-02T03:04:05Z');
      if (schema.format === 'quantity') return fc.constantFrom('1', '500m');
      return fc.constantFrom('', 'a', 'b-c');
    default:
      return fc.constant(null);
  }
}

const prepared = ({ schema, backend }: ResourceDefinition, value: object): object => {
  const object = structuredClone(value);
  pruneUnknown(object, schema);
  applyDefaults(object, schema);
  if (backend.type === 'stored') backend.setDefaults?.(object as KubeObject);
  return object;
};

describe('every built-in kind', () => {
  it.each(byKind)('%s: pruning and defaults leave nothing to do a second time', (_kind, definition) => {
    fc.assert(
      fc.property(valueOf(definition.schema), (value) => {
        const once = prepared(definition, { metadata: { name: 'a' }, ...(value as object) });
        expect(prepared(definition, once)).toEqual(once);
      }),
      { numRuns: 30 },
    );
  });

  it.each(byKind)(
    '%s: validation bears every object, columns and selectors every valid one',
    async (_kind, definition) => {
      const { schema, backend, columns = [], selectableFields = {} } = definition;
      const now = new Date('2026-01-02T03:04:05Z');
      const stored = backend.type === 'stored' ? backend : undefined;
      await fc.assert(
        fc.asyncProperty(valueOf(schema), async (value) => {
          const object = prepared(definition, { metadata: { name: 'a' }, ...(value as object) }) as KubeObject;
          if (validateNative(object, schema).length > 0) return;
          // No hook of these kinds asks anything of its context.
          const causes = (await stored?.validate?.(object, {} as WriteContext)) ?? [];
          if (causes.length > 0) return;
          for (const { value: cell } of columns) if (typeof cell === 'function') cell(object, now);
          for (const select of Object.values(selectableFields)) expect(typeof select(object)).toBe('string');
        }),
        { numRuns: 200 },
      );
    },
  );

  it('has a name of its own', () => {
    const names = definitions.flatMap(({ plural, singular, shortNames = [], group }) =>
      [...new Set([plural, singular]), ...shortNames].map((name) => `${name}.${group}`),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(byKind)('%s: describes each field', (_kind, { schema }) => {
    const undescribed: string[] = [];
    const walk = (part: Schema, path: string): void => {
      for (const [name, child] of Object.entries(part.properties ?? {})) {
        if (!child.description) undescribed.push(`${path}.${name}`);
        walk(child, `${path}.${name}`);
      }
      if (part.items) walk(part.items, path);
    };
    walk(schema, '');
    expect(undescribed).toEqual([]);
  });
});
