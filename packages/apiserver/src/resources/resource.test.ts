import type { KubeObject } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apps, configMaps, namespaces } from '../testing/test-server.js';
import { Resource } from './resource.js';
import { Resources } from './resources.js';

const entryOf = (resource: Resource, object: KubeObject) => ({
  key: '/k',
  value: resource.pack(object).value,
  revision: 7,
});

describe('a stored object', () => {
  it('is sent as it was, with its version', () => {
    const resource = new Resource(configMaps);
    const data = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(data, fc.string({ minLength: 1 }), (data, name) => {
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, resourceVersion: '3' }, data };
        const expected = { ...object, metadata: { name, resourceVersion: '7' } };
        const entry = entryOf(resource, object);
        expect(JSON.parse(resource.encode(entry).toString())).toEqual(expected);
        expect(resource.decode(entry)).toEqual(expected);
      }),
    );
  });

  it('says its kind in lists only when it is a custom one', () => {
    const inList = (resource: Resource) => {
      const { groupVersion, definition } = resource;
      const entry = entryOf(resource, { apiVersion: groupVersion, kind: definition.kind, metadata: { name: 'a' } });
      return JSON.parse(resource.encodeItem(entry).toString()) as object;
    };
    expect(inList(new Resource(configMaps))).toEqual({ metadata: { name: 'a', resourceVersion: '7' } });
    expect(inList(new Resource(apps))).toMatchObject({ kind: 'App', apiVersion: 'test.example.com/v1' });
  });

  it.each([
    ['', undefined],
    [', whose JSON is known', ({ packed }: KubeObject) => ({ packed: JSON.stringify(packed) })],
  ])('may be kept in another form than it is shown in%s', (_how, json) => {
    const resource = new Resource({
      ...configMaps,
      backend: {
        type: 'stored',
        storedForm: {
          pack: ({ data, ...object }) => ({ ...object, packed: JSON.stringify(data) }),
          unpack: ({ packed, ...stored }) => ({ ...stored, data: JSON.parse(packed as string) as object }),
          ...(json && { json }),
        },
      },
    });
    const metadata = { name: 'a', resourceVersion: '7' };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: 'v' } };
    const entry = entryOf(resource, object);
    expect(JSON.parse(entry.value.toString())).toEqual({ metadata: { name: 'a' }, packed: '{"k":"v"}' });
    expect(resource.decode(entry)).toEqual(object);
    expect(JSON.parse(resource.encode(entry).toString())).toEqual(object);
    expect(JSON.parse(resource.encodeItem(entry).toString())).toEqual({ metadata, data: object.data });
  });
});

describe('Resources', () => {
  it('finds by version, by name, by kind and by key', () => {
    const resources = new Resources([configMaps, namespaces, apps]);
    const found = resources.find('test.example.com/v1', 'apps') as Resource;
    expect(found.definition).toBe(apps);
    expect(resources.named('apps.test.example.com')).toBe(found);
    expect(resources.ofKind('test.example.com/v1', 'App')).toBe(found);
    expect(resources.ofKey(found.key('ns', 'name'))).toBe(found);
    expect(resources.ofKey('/core/namespaces/a')?.definition).toBe(namespaces);
    expect(resources.named('pods')).toBeUndefined();
  });

  it('keeps another version when one goes', () => {
    const resources = new Resources([apps, { ...apps, version: 'v2' }]);
    const before = resources.generation;
    resources.remove('test.example.com', 'v1', 'apps');
    expect(resources.generation).toBeGreaterThan(before);
    expect(resources.named('apps.test.example.com')?.groupVersion).toBe('test.example.com/v2');
    resources.remove('test.example.com', 'v2', 'apps');
    expect(resources.named('apps.test.example.com')).toBeUndefined();
    expect(resources.ofKey('/test.example.com/apps/a/b')).toBeUndefined();
    expect(resources.inVersion('test.example.com/v2')).toBeUndefined();
  });
});
