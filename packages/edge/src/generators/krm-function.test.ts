import { describe, expect, it } from 'vitest';
import { fields } from '../yaml/value.js';
import { KrmFunction, ResourceListError } from './krm-function.js';

const LIST = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- {kind: ConfigMap, metadata: {name: before}}
functionConfig: {kind: SiteConfig, spec: {clusters: []}}
`;

describe('KrmFunction', () => {
  it('has the configuration as text, and gives the list back with what was made', () => {
    const krm = new KrmFunction(LIST);
    expect(krm.input).toEqual({ name: 'functionConfig', text: 'kind: SiteConfig\nspec:\n    clusters: []\n' });
    krm.sink.write({ path: 'a', documents: [fields([['kind', 'Secret']])], marked: false });
    expect(krm.result()).toBe(`apiVersion: config.kubernetes.io/v1
items:
    - kind: ConfigMap
      metadata:
        name: before
    - kind: Secret
kind: ResourceList
`);
  });

  it('takes a list without items and version', () => {
    const krm = new KrmFunction('{"kind":"ResourceList","functionConfig":{}}');
    expect(krm.result()).toBe('apiVersion: config.kubernetes.io/v1\nitems: []\nkind: ResourceList\n');
  });

  it.each(['', 'kind: List', '- a', 'kind: [', '\u0000', 'kind: ResourceList\nkind: ResourceList'])(
    'refuses %j',
    (text) => {
      expect(() => new KrmFunction(text)).toThrow(ResourceListError);
    },
  );

  it('needs a configuration', () => {
    expect(() => new KrmFunction('kind: ResourceList').input).toThrow('has no functionConfig');
  });
});
