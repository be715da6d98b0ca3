import type { Schema, StatusCause } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { checkDefinition, checkDefinitionUpdate, checkStoredVersions } from './check-spec.js';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceVersion,
} from './custom-resource-definition.js';

const names = { plural: 'cars', singular: 'car', kind: 'Car', listKind: 'CarList' };
const v1: CustomResourceVersion = {
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object' } },
};

function definitionWith(spec: Partial<CustomResourceDefinitionSpec>): CustomResourceDefinition {
  const all: CustomResourceDefinitionSpec = {
    group: 'example.com',
    names,
    scope: 'Namespaced',
    versions: [v1],
    ...spec,
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${all.names.plural}.${all.group}` },
    spec: all,
  };
}

const withVersion = (version: Partial<CustomResourceVersion>) => definitionWith({ versions: [{ ...v1, ...version }] });
/** `schema` is that of `spec` in the objects. */
const withSpec = (schema: object) =>
  withVersion({ schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } } });
const withRoot = (schema: object) => withVersion({ schema: { openAPIV3Schema: schema } });

const tell = (causes: StatusCause[]) => causes.map(({ field, message }) => `${field}: ${message}`);
const ROOT = 'spec.validation.openAPIV3Schema';
const SPEC = `${ROOT}.properties[spec]`;

it.each<[string, object]>([
  ['the types', { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } } }],
  ['int or string', { 'x-kubernetes-int-or-string': true }],
  ['int or string by anyOf', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }],
  [
    'int or string by allOf',
    {
      'x-kubernetes-int-or-string': true,
      allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: '^[0-9]+%?$' }],
    },
  ],
  ['unknown fields', { 'x-kubernetes-preserve-unknown-fields': true }],
  ['maps', { type: 'object', additionalProperties: { type: 'string' } }],
  ['maps of anything', { type: 'object', additionalProperties: true, properties: {} }],
  ['sets', { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }],
  [
    'maps by a key with a default',
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string', default: 'x' } } },
    },
  ],
  [
    'alternatives of what is there',
    {
      type: 'object',
      properties: { a: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { properties: { a: { minLength: 1 } } }],
    },
  ],
  [
    'an object inside',
    { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  ],
  ['defaults', { type: 'object', default: { a: 'x' }, properties: { a: { type: 'string' } } }],
])('takes schemas with %s', (_what, schema) => {
  expect(tell(checkDefinition(withSpec(schema)))).toEqual([]);
});

it('takes what every object has at the root', () => {
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 10 } } },
    status: { type: 'object' },
  };
  const schema = { openAPIV3Schema: { type: 'object', description: 'x', required: ['spec'], properties } as Schema };
  expect(tell(checkDefinition(withVersion({ schema, subresources: { status: {} } })))).toEqual([]);
});

describe.each<[string, [CustomResourceDefinition, string[]][]]>([
  [
    'names',
    [
      [
        { ...definitionWith({}), metadata: { name: 'trucks.example.com' } },
        ['metadata.name: Invalid value: "trucks.example.com": must be spec.names.plural+"."+spec.group'],
      ],
      [
        definitionWith({ group: 'cars' }),
        ['spec.group: Invalid value: "cars": should be a domain with at least one dot'],
      ],
      [
        definitionWith({ scope: 'World' as 'Cluster' }),
        ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
      ],
      [
        definitionWith({ names: { ...names, listKind: 'Car' } }),
        ['spec.names.listKind: Invalid value: "Car": kind and listKind may not be the same'],
      ],
      [
        definitionWith({ group: 'x.k8s.io' }),
        [
          'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
        ],
      ],
    ],
  ],
  [
    'versions',
    [
      [withVersion({ schema: {} }), ['spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required']],
      [
        definitionWith({ versions: [v1, { ...v1, name: 'v2', storage: false }] }),
        [
          'spec.versions: Forbidden: this server serves one version of a custom resource: set served to false in the others',
        ],
      ],
      [
        withVersion({ deprecationWarning: 'old' }),
        ['spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'],
      ],
      [
        definitionWith({ conversion: { strategy: 'Webhook' } }),
        ['spec.conversion.strategy: Forbidden: this server converts nothing, as it serves one version: use None'],
      ],
      [
        definitionWith({ preserveUnknownFields: true }),
        [
          'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
        ],
      ],
    ],
  ],
  [
    'structural schemas',
    [
      [withRoot({}), [`${ROOT}.type: Required value: must not be empty at the root`]],
      [withRoot({ type: 'string' }), [`${ROOT}.type: Invalid value: "string": must be object at the root`]],
      [
        withRoot({ type: 'object', additionalProperties: { type: 'string' } }),
        [`${ROOT}.additionalProperties: Forbidden: must not be used at the root`],
      ],
      [
        withRoot({
          type: 'object',
          properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
        }),
        [
          `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
        ],
      ],
      [withSpec({}), [`${SPEC}.type: Required value: must not be empty for specified object fields`]],
      [withSpec({ type: 'array' }), [`${SPEC}.items: Required value: must be specified`]],
      [
        withSpec({ type: 'array', items: {} }),
        [`${SPEC}.items.type: Required value: must not be empty for specified array items`],
      ],
      [
        withSpec({ type: 'object', anyOf: [{ type: 'object', description: 'x' }] }),
        [
          `${SPEC}.anyOf[0].description: Forbidden: must be empty to be structural`,
          `${SPEC}.anyOf[0].type: Forbidden: must be empty to be structural`,
        ],
      ],
      [
        withRoot({ type: 'object', allOf: [{ properties: { a: { minLength: 1 } } }] }),
        [`${ROOT}.properties[a]: Required value: because it is defined in ${ROOT}.allOf[0].properties[a]`],
      ],
      [
        withSpec({ type: 'string', pattern: '(' }),
        [`${SPEC}.pattern: Invalid value: "(": must be a valid regular expression, but isn't`],
      ],
      [
        withSpec({ 'x-kubernetes-embedded-resource': true, type: 'object' }),
        [
          `${SPEC}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
        ],
      ],
    ],
  ],
  [
    'keywords',
    [
      [
        withSpec({ type: 'text' }),
        [
          `${SPEC}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
        ],
      ],
      [withSpec({ type: 'object', $ref: '#/x' }), [`${SPEC}.$ref: Forbidden: $ref is not supported`]],
      [
        withSpec({ type: 'object', patternProperties: {} }),
        [`${SPEC}.patternProperties: Forbidden: patternProperties is not supported`],
      ],
      [
        withSpec({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
        [
          `${SPEC}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
        ],
      ],
      [
        withSpec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
        [`${SPEC}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
      ],
      [
        withSpec({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.a > 1' }] }),
        [
          `${SPEC}.x-kubernetes-validations: Forbidden: CEL rules are not evaluated by this server: express them as schema, or remove them`,
        ],
      ],
      [
        withSpec({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }),
        [
          `${SPEC}.items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set`,
        ],
      ],
      [
        withSpec({
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k', 'l'],
          items: { type: 'object', properties: { k: { type: 'string' } } },
        }),
        [
          `${SPEC}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
          `${SPEC}.x-kubernetes-list-map-keys: Invalid value: []string{"l"}: entries must all be names of item properties`,
        ],
      ],
      [
        withRoot({ type: 'object', nullable: true }),
        [`${ROOT}.nullable: Forbidden: nullable cannot be true at the root`],
      ],
    ],
  ],
  [
    'defaults',
    [
      [
        withSpec({ type: 'integer', default: 'x', minimum: 1 }),
        [`${SPEC}.default: Invalid value: "string":  in body must be of type integer: "string"`],
      ],
      [
        withSpec({ type: 'object', default: { b: 1 }, properties: { a: { type: 'string' } } }),
        [`${SPEC}.default: Invalid value: {"b":1}: must not have unspecified fields`],
      ],
      [
        withRoot({ type: 'object', properties: { kind: { type: 'string', default: 'Car' } } }),
        [`${ROOT}.properties[kind].default: Forbidden: must not be set in top-level kind`],
      ],
    ],
  ],
  [
    'subresources, columns and selectable fields',
    [
      [
        withVersion({ subresources: { scale: { specReplicasPath: '.status.a', statusReplicasPath: 'b' } } }),
        [
          'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
          'spec.subresources.scale.statusReplicasPath: Invalid value: "b": must be a simple json path starting with .',
        ],
      ],
      [
        withVersion({ additionalPrinterColumns: [{ name: 'A', type: 'text' as 'string', jsonPath: 'spec.a' }] }),
        [
          'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
          'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
        ],
      ],
      [
        withVersion({ selectableFields: [{ jsonPath: '.metadata.labels' }] }),
        [
          'spec.selectableFields[0].jsonPath: Invalid value: ".metadata.labels": must not point to fields in metadata',
          'spec.selectableFields[0].jsonPath: Invalid value: ".metadata.labels": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ],
      ],
    ],
  ],
])('refuses %s', (_subject, cases) => {
  it.each(cases.map(([definition, problems]) => [problems.join('; '), definition, problems] as const))(
    '%s',
    (_text, definition, problems) => {
      expect(tell(checkDefinition(definition))).toEqual(problems);
    },
  );
});

it('allows at the root only what does not concern the status where it has a subresource', () => {
  const schema = { openAPIV3Schema: { type: 'object', anyOf: [{ required: ['spec'] }] } } as const;
  const [problem] = tell(checkDefinition(withVersion({ schema, subresources: { status: {} } })));
  expect(problem).toContain('fields are allowed at the root of the schema if the status subresource is enabled');
});

it('refuses schemas that nest too deep, without walking them', () => {
  let schema: object = { type: 'string' };
  for (let depth = 0; depth < 100_000; depth++) schema = { type: 'array', items: schema };
  expect(tell(checkDefinition(withSpec(schema)))).toEqual([`${ROOT}: Forbidden: the schema is nested too deep`]);
});

it.each<[string, CustomResourceDefinition]>([
  ['fields', withSpec({ type: 'object', properties: manyFields(5_000) })],
  ['fields of an alternative', withRoot({ type: 'object', anyOf: [{ properties: manyFields(5_000) }] })],
  ['versions', definitionWith({ versions: Array.from({ length: 5_000 }, (_, at) => ({ ...v1, name: `V${at}` })) })],
  ['columns', withVersion({ additionalPrinterColumns: Array<never>(5_000).fill({} as never) })],
])('tells of a hundred problems, where there are many more: %s', (_what, definition) => {
  expect(checkDefinition(definition).length).toBe(100);
});

it('cuts paths that clients have made long', () => {
  const [cause] = checkDefinition(withSpec({ type: 'object', properties: { ['x'.repeat(1_000_000)]: {} } }));
  expect(cause?.field?.length).toBeLessThan(10_000);
  expect(cause?.message).toBe('Required value: must not be empty for specified object fields');
});

function manyFields(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, { type: '' }]));
}

describe('an update', () => {
  const old = definitionWith({});
  old.status = {
    acceptedNames: names,
    storedVersions: ['v1'],
    conditions: [{ type: 'Established', status: 'True', reason: '', message: '', lastTransitionTime: '' }],
  };

  it('keeps the scope and the kind of what is established', () => {
    const changed = { ...definitionWith({ scope: 'Cluster', names: { ...names, kind: 'Auto' } }), status: old.status };
    expect(tell(checkDefinitionUpdate(changed as CustomResourceDefinition, old))).toEqual([
      'spec.scope: Invalid value: "Cluster": field is immutable',
      'spec.names.kind: Invalid value: "Auto": field is immutable',
    ]);
  });

  it('keeps versions in which there are objects', () => {
    const changed = { ...definitionWith({ versions: [{ ...v1, name: 'v2' }] }), status: old.status };
    expect(tell(checkStoredVersions(changed as CustomResourceDefinition))).toEqual([
      'status.storedVersions: Invalid value: []string{"v1"}: must have the storage version v2',
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    ]);
  });
});
