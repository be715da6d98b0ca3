import type { KubeObject } from '@longshore/kube';
import { expect, it } from 'vitest';
import type { StoredBackend } from '../definition.js';
import { decodeObject } from '../rest/decode-object.js';
import { customResourceDefinition } from './definition.js';

function read(additionalProperties: unknown): KubeObject {
  const schema = { type: 'object', properties: { m: { type: 'object', additionalProperties } } };
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'cars', kind: 'Car' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  };
  const { object } = decodeObject({ metadata: { name: 'cars.example.com' }, spec }, customResourceDefinition);
  backend.setDefaults?.(object);
  return object;
}

const backend = customResourceDefinition.backend as StoredBackend;

it.each<[additionalProperties: object, problem: string | undefined]>([
  [{ type: 'object', properties: { a: null }, items: null, default: null, unknown: 1 }, undefined],
  [{ type: 'object', additionalProperties: { type: 'object', properties: { a: null } } }, undefined],
  [{ type: 'object', allOf: [null] }, undefined],
  [
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [null] },
    'entries must all be names',
  ],
  [{}, 'must not be empty for specified object fields'],
])('reads the schema of the values of a map as any other: %j', async (additionalProperties, problem) => {
  const causes = (await backend.validate?.(read(additionalProperties), undefined as never)) ?? [];
  expect(causes.map(({ message }) => message)).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
});

it.each([1, { required: 'a' }])('refuses what is no such schema: %j', (additionalProperties) => {
  expect(() => read(additionalProperties)).toThrow(/cannot be handled as a CustomResourceDefinition: json: /);
});
