import type { Schema } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import type { ResourceDefinition } from '../definition.js';
import { int32, intOrString, listOf, object, quantity, shared, string, stringMap } from '../schema/builder.js';
import { writeDocument } from './document.js';
import { OpenApiDocuments } from './documents.js';

const part = shared('io.k8s.api.core.v1.Part', 'A part.', {
  name: string('Its name.').required(),
  size: quantity('Its size.'),
  port: intOrString('Its port.'),
});

const widget: ResourceDefinition = {
  group: 'apps',
  version: 'v1',
  plural: 'widgets',
  singular: 'widget',
  kind: 'Widget',
  scope: 'Namespaced',
  schema: object('A widget.', {
    spec: object('What it should be.', {
      parts: listOf(part, 'What it is made of.').mergeBy('name'),
      main: part.describe('The part that matters.').retainKeys(),
      labels: stringMap('Words.'),
      replicas: int32('How many.').default(1),
    }),
  }).schema,
  backend: { type: 'stored' },
  status: true,
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  subresources: {
    token: { kind: 'Token', schema: object('A token.', {}).schema, create: () => Promise.reject(new Error()) },
    lock: {
      kind: 'Lock',
      schema: object('A lock.', {}).schema,
      get: () => Promise.reject(new Error()),
      update: () => Promise.reject(new Error()),
    },
    log: { kind: 'Widget', schema: {}, text: () => Promise.reject(new Error()) },
  },
};

const custom: ResourceDefinition = {
  ...widget,
  group: 'stable.example.com',
  plural: 'tabs',
  kind: 'Tab',
  custom: true,
  scope: 'Cluster',
  schema: {
    type: 'object',
    required: ['list', 'open'],
    properties: {
      metadata: { type: 'object' },
      x: { anyOf: [{ type: 'string' }], nullable: true, type: 'string' },
      list: { type: 'array', nullable: true, items: { type: 'string' } },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
      map: { type: 'object', additionalProperties: true },
    },
  },
  subresources: {},
};

const review: ResourceDefinition = {
  ...widget,
  group: 'authorization.k8s.io',
  plural: 'reviews',
  kind: 'Review',
  status: false,
  subresources: {},
  backend: { type: 'virtual', create: (asked) => Promise.resolve(asked), review: true },
};

const info = { title: 'Test', version: 'v1' };

function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' ? [child as string] : refsOf(child)));
}

function resolve(document: unknown, ref: string): unknown {
  const steps = ref.replace('#/', '').split('/');
  return steps.reduce((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
}

interface Doc {
  paths: Record<string, Record<string, { parameters: { name?: string }[]; 'x-kubernetes-action': string }>>;
  components: { schemas: Record<string, Schema> };
  definitions: Record<string, Schema>;
}

describe('OpenAPI documents', () => {
  const v3 = writeDocument([widget], 'v3', info) as unknown as Doc;
  const v2 = writeDocument([widget, custom, review], 'v2', info) as unknown as Doc;

  it.each([
    ['v2', v2],
    ['v3', v3],
    ['v3 of custom resources', writeDocument([custom], 'v3', info)],
    ['v3 of reviews', writeDocument([review], 'v3', info)],
  ])('%s: every reference resolves', (_name, document) => {
    const refs = refsOf(document);
    expect(refs.length).toBeGreaterThan(10);
    expect(refs.filter((ref) => resolve(document, ref) === undefined)).toEqual([]);
  });

  it('names kinds as Kubernetes does', () => {
    expect(Object.keys(v3.components.schemas)).toEqual(
      expect.arrayContaining(['io.k8s.api.apps.v1.Widget', 'io.k8s.api.apps.v1.WidgetList', 'io.k8s.api.core.v1.Part']),
    );
    expect(Object.keys(v2.definitions)).toEqual(
      expect.arrayContaining(['com.example.stable.v1.Tab', 'io.k8s.api.authorization.v1.Review']),
    );
    expect(v3.components.schemas['io.k8s.api.apps.v1.Widget']).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Widget', version: 'v1' }],
      properties: { kind: { type: 'string' } },
    });
  });

  it('writes a field of a shared type with its own description', () => {
    expect(v3.components.schemas['io.k8s.api.apps.v1.Widget']?.properties?.spec?.properties?.main).toEqual({
      description: 'The part that matters.',
      'x-kubernetes-patch-strategy': 'retainKeys',
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Part' }],
    });
    expect(v2.definitions['io.k8s.api.apps.v1.Widget']?.properties?.spec?.properties?.main).toEqual({
      description: 'The part that matters.',
      'x-kubernetes-patch-strategy': 'retainKeys',
      $ref: '#/definitions/io.k8s.api.core.v1.Part',
    });
  });

  it('offers each action with its parameters', () => {
    const actions = Object.entries(v3.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => `${method} ${path} ${operation['x-kubernetes-action']}`),
    );
    const item = '/apis/apps/v1/namespaces/{namespace}/widgets';
    expect(actions.sort()).toEqual(
      [
        'get /apis/apps/v1/widgets list',
        `get ${item} list`,
        `post ${item} post`,
        `delete ${item} deletecollection`,
        ...['get', 'put', 'patch', 'delete'].map((verb) => `${verb} ${item}/{name} ${verb}`),
        ...['get', 'put', 'patch'].map((verb) => `${verb} ${item}/{name}/status ${verb}`),
        ...['get', 'put', 'patch'].map((verb) => `${verb} ${item}/{name}/scale ${verb}`),
        `post ${item}/{name}/token post`,
        ...['get', 'put', 'patch'].map((verb) => `${verb} ${item}/{name}/lock ${verb}`),
      ].sort(),
    );
    expect(v3.paths[`${item}/{name}/scale`]?.put).toMatchObject({
      operationId: 'replaceAppsV1NamespacedWidgetScale',
      'x-kubernetes-group-version-kind': { group: 'autoscaling', kind: 'Scale', version: 'v1' },
    });
    const patch = v3.paths[`${item}/{name}`]?.patch;
    expect(patch?.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['dryRun', 'fieldValidation', 'name']),
    );
  });

  it('gives custom resources the metadata of all objects', () => {
    expect(v2.definitions['com.example.stable.v1.Tab']?.properties?.metadata).toMatchObject({
      $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    });
  });

  it('keeps out of version 2 what it does not know', () => {
    const tab = v2.definitions['com.example.stable.v1.Tab'];
    expect(tab?.required).toEqual(['open']);
    expect(tab?.properties).toMatchObject({ x: {}, list: {}, map: { type: 'object' } });
    expect(['x', 'list', 'map'].flatMap((name) => Object.keys(tab?.properties?.[name] ?? {}))).toEqual(['type']);
    expect(tab?.properties?.open).toEqual({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  });
});

describe('OpenApiDocuments', () => {
  it('writes again only what has changed', () => {
    const documents = new OpenApiDocuments(info);
    documents.setDefinitions([widget, custom]);
    const before = { apps: documents.v3('apis/apps/v1'), index: documents.index(), v2: documents.v2() };
    documents.setDefinitions([widget, { ...custom }]);
    expect(documents.v3('apis/apps/v1')).toBe(before.apps);
    expect(documents.index()).toEqual(before.index);
    documents.setDefinitions([widget]);
    expect(documents.v3('apis/stable.example.com/v1')).toBeUndefined();
    expect(documents.index().hash).not.toBe(before.index.hash);
    expect(documents.v2().hash).not.toBe(before.v2.hash);
  });

  it('lists addresses that carry the hash of what is there', () => {
    const documents = new OpenApiDocuments(info);
    documents.setDefinitions([widget]);
    expect(JSON.parse(documents.index().body.toString())).toEqual({
      paths: {
        'apis/apps/v1': { serverRelativeURL: `/openapi/v3/apis/apps/v1?hash=${documents.v3('apis/apps/v1')?.hash}` },
      },
    });
  });
});
