import type { Schema } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDefaults } from './defaults.js';
import { pruneUnknown } from './prune.js';

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer', default: 1 },
        containers: {
          type: 'array',
          items: { type: 'object', properties: { name: { type: 'string' }, policy: { type: 'string', default: 'A' } } },
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        parts: {
          type: 'object',
          additionalProperties: { type: 'object', properties: { a: { type: 'string' } } },
        },
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
        },
        embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
        settings: {
          type: 'object',
          default: { mode: 'x' },
          properties: { mode: { type: 'string' }, more: { type: 'string', default: 'y' } },
        },
        maybe: { type: 'string', nullable: true },
      },
    },
  },
};

describe('pruneUnknown', () => {
  it.each<[string, object, object, string[]]>([
    [
      'what is known stays',
      { spec: { replicas: 1, labels: { a: 'b' } } },
      { spec: { replicas: 1, labels: { a: 'b' } } },
      [],
    ],
    ['fields', { spec: { foo: 1 }, status: {} }, { spec: {} }, ['spec.foo', 'status']],
    [
      'fields of items',
      { spec: { containers: [{ name: 'a', bar: 1 }] } },
      { spec: { containers: [{ name: 'a' }] } },
      ['spec.containers[0].bar'],
    ],
    [
      'fields of map values',
      { spec: { parts: { p: { a: 'x', b: 1 } } } },
      { spec: { parts: { p: { a: 'x' } } } },
      ['spec.parts.p.b'],
    ],
    [
      'what may be anything stays',
      { spec: { free: { x: 1, known: { a: 'a', b: 1 } } } },
      { spec: { free: { x: 1, known: { a: 'a' } } } },
      ['spec.free.known.b'],
    ],
    [
      'embedded objects have metadata',
      { spec: { embedded: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n', foo: 1 }, spec: { x: 1 } } } },
      { spec: { embedded: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: {} } } },
      ['spec.embedded.metadata.foo', 'spec.embedded.spec.x'],
    ],
    [
      'metadata of the object',
      { metadata: { name: 'n', foo: 1, labels: { any: 'x' } } },
      { metadata: { name: 'n', labels: { any: 'x' } } },
      ['metadata.foo'],
    ],
    [
      'values of the wrong type are left to the check of types',
      { spec: { replicas: { a: 1 } } },
      { spec: { replicas: { a: 1 } } },
      [],
    ],
  ])('%s', (_name, value, expected, unknown) => {
    const object = structuredClone(value);
    expect(pruneUnknown(object, schema)).toEqual(unknown);
    expect(object).toEqual(expected);
  });

  it('takes away keys of the prototype like others, and changes no prototype', () => {
    const object = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1, "spec": {}}') as object;
    expect(pruneUnknown(object, schema)).toEqual(['__proto__', 'constructor']);
    expect(Object.keys(object)).toEqual(['spec']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('applyDefaults', () => {
  it.each<[string, object, object]>([
    ['absent fields', { spec: {} }, { spec: { replicas: 1, settings: { mode: 'x', more: 'y' } } }],
    ['no default without the object around it', {}, {}],
    [
      'items',
      { spec: { replicas: 0, settings: {}, containers: [{}] } },
      { spec: { replicas: 0, settings: { more: 'y' }, containers: [{ policy: 'A' }] } },
    ],
    [
      'nulls that may not be',
      { spec: { replicas: null, settings: null, labels: null } },
      { spec: { replicas: 1, settings: { mode: 'x', more: 'y' } } },
    ],
    [
      'nulls that may be',
      { spec: { replicas: 1, settings: {}, maybe: null } },
      { spec: { replicas: 1, settings: { more: 'y' }, maybe: null } },
    ],
  ])('%s', (_name, value, expected) => {
    const object = structuredClone(value);
    applyDefaults(object, schema);
    expect(object).toEqual(expected);
  });

  it('gives each object a default of its own', () => {
    const [a, b] = [{ spec: {} }, { spec: {} }] as { spec: { settings?: Record<string, string> } }[];
    applyDefaults(a, schema);
    applyDefaults(b, schema);
    if (a?.spec.settings) a.spec.settings.mode = 'changed';
    expect(b?.spec.settings?.mode).toBe('x');
  });

  it('sets a default for a key of the prototype as an own key', () => {
    const properties = JSON.parse('{"__proto__": {"type": "string", "default": "x"}}') as Record<string, Schema>;
    const object = {};
    applyDefaults(object, { type: 'object', properties });
    expect(Object.entries(object)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  });
});

it('pruning and defaults leave nothing to do a second time, whatever is sent', () => {
  fc.assert(
    fc.property(
      fc.object({ key: fc.constantFrom('spec', 'containers', 'free', 'embedded', 'x', '__proto__'), maxDepth: 5 }),
      (value) => {
        const once = structuredClone(value);
        pruneUnknown(once, schema);
        applyDefaults(once, schema);
        const twice = structuredClone(once);
        expect(pruneUnknown(twice, schema)).toEqual([]);
        applyDefaults(twice, schema);
        expect(twice).toEqual(once);
      },
    ),
  );
});
