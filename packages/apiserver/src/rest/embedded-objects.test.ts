import type { KubeObject, Schema } from '@longshore/kube';
import { expect, it } from 'vitest';
import { checkEmbedded } from './embedded-objects.js';

const embedded: Schema = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
};
const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        template: embedded,
        list: { type: 'array', items: embedded },
        byName: { type: 'object', additionalProperties: embedded },
      },
    },
  },
};
const pod = { apiVersion: 'v1', kind: 'Pod' };

it.each<[object, string[]]>([
  [{}, []],
  [{ template: { ...pod, metadata: { labels: { a: 'b' } } } }, []],
  [{ template: { ...pod, metadata: { name: 'a', namespace: 'b', generateName: 'c-' } } }, []],
  [{ template: { ...pod, metadata: { creationTimestamp: null, annotations: { a: null } } } }, []],
  [
    { template: { ...pod, metadata: 1 } },
    [expect.stringMatching(/^spec\.template\.metadata: Invalid value: 1: json: /)],
  ],
  [{ template: null, list: [pod], byName: { a: pod } }, []],
  [
    { template: {} },
    [
      'spec.template.apiVersion: Required value: must not be empty',
      'spec.template.kind: Required value: must not be empty',
    ],
  ],
  [
    { list: [pod, { apiVersion: 'a/b/c', kind: '-' }] },
    [
      'spec.list[1].apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      expect.stringMatching(
        /^spec\.list\[1\]\.kind: Invalid value: "-": may have mixed case, but should otherwise match: /,
      ),
    ],
  ],
  [
    { byName: { x: { apiVersion: '', kind: 1 } } },
    [
      'spec.byName[x].apiVersion: Invalid value: "": must not be empty',
      'spec.byName[x].kind: Invalid value: 1: must be a string',
    ],
  ],
  [
    { template: { ...pod, metadata: { labels: { a: 1 } } } },
    [
      'spec.template.metadata: Invalid value: {"labels":{"a":1}}: ' +
        'json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    ],
  ],
  [
    {
      template: {
        ...pod,
        metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'b' }, null] },
      },
    },
    [
      'apiVersion: Invalid value: "": version',
      'kind: Invalid value: "":',
      'name: Invalid value: "":',
      'uid: Invalid value: "":',
    ].map((problem) => expect.stringContaining(`spec.template.metadata.ownerReferences.${problem}`) as string),
  ],
  [
    { template: { ...pod, metadata: { namespace: 'A', finalizers: null } } },
    [expect.stringMatching(/^spec\.template\.metadata\.namespace: Invalid value: "A": /)],
  ],
])('%j', (spec, expected) => {
  const object = { apiVersion: 'example.com/v1', kind: 'Car', metadata: {}, spec } as KubeObject;
  expect(checkEmbedded(object, schema).map(({ field, message }) => `${field}: ${message}`)).toEqual(expected);
});
