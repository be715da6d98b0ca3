import { describe, expect, it } from 'vitest';
import { Resources } from '../resources/resources.js';
import { apps, configMaps } from '../testing/test-server.js';
import { compareVersions, groupList } from './discovery.js';

describe('compareVersions', () => {
  it('prefers what is most stable and newest', () => {
    const sorted = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  });
});

describe('groupList', () => {
  it('has groups of custom resources behind all others', () => {
    const other = { ...configMaps, group: 'zoo.k8s.io' };
    expect(groupList(new Resources([apps, configMaps, other]))).toMatchObject({
      groups: [{ name: 'zoo.k8s.io' }, { name: 'test.example.com' }],
    });
  });
});
