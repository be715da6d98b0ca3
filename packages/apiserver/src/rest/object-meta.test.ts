import { describe, expect, it } from 'vitest';
import { Resource } from '../resources/resource.js';
import { configMaps, namespaces } from '../testing/test-server.js';
import { checkMeta, checkMetaUpdate, tidyMeta } from './object-meta.js';

const resource = new Resource(configMaps);
const meta = (more: object) => ({ name: 'a', namespace: 'b', ...more });
const problems = (more: object, of = resource) =>
  checkMeta(meta(more), of).map(({ field, message }) => `${field}: ${message}`);

describe('checkMeta', () => {
  it('has nothing against what is right', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'o', uid: 'u', controller: true };
    const labels = { 'example.com/Name': 'Value_1.x', empty: '' };
    const annotations = { 'Example.com/any': '  anything\n' };
    expect(problems({ labels, annotations, ownerReferences: [owner], finalizers: ['a.b/c'] })).toEqual([]);
    expect(problems({ generateName: 'prefix-' })).toEqual([]);
  });

  it.each<[object, string]>([
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [{ namespace: '' }, 'metadata.namespace: Required value'],
    [{ name: 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of'],
    [{ labels: { k: '-' } }, 'metadata.labels: Invalid value: "-": a valid label must be'],
    [{ labels: { '-': 'v' } }, 'metadata.labels: Invalid value: "-": name part must consist of'],
    [{ annotations: { k: 'x'.repeat(262_144) } }, 'metadata.annotations: Too long: may not be more than 262144 bytes'],
    [{ ownerReferences: [{}] }, 'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty'],
    [{ finalizers: ['orphan', 'foregroundDeletion'] }, 'cannot be both set'],
  ])('%j', (more, problem) => {
    expect(problems(more).join('\n')).toContain(problem);
  });

  it('lets an object have one controller', () => {
    const owner = (name: string) => ({ apiVersion: 'v1', kind: 'X', name, uid: name, controller: true });
    expect(problems({ ownerReferences: [owner('a'), owner('b')] }).join()).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for a and b',
    );
  });

  it('holds names to the rule of their kind', () => {
    expect(problems({ name: 'a.b', namespace: undefined }, new Resource(namespaces)).join()).toContain(
      'RFC 1123 label',
    );
  });
});

describe('checkMetaUpdate', () => {
  it('lets nothing touch the identity', () => {
    const old = { name: 'a', namespace: 'b', uid: 'u' };
    const changed = checkMetaUpdate({ name: 'x', namespace: 'y', uid: 'z' }, old);
    expect(changed.map(({ field }) => field)).toEqual(['metadata.name', 'metadata.namespace', 'metadata.uid']);
    expect(checkMetaUpdate({ ...old, labels: { a: 'b' } }, old)).toEqual([]);
  });
});

describe('tidyMeta', () => {
  it('keeps what the server keeps, in one order', () => {
    const given = { uid: 'u', finalizers: [], labels: {}, annotations: { a: 'b' }, managedFields: [{}], name: 'n' };
    expect(JSON.stringify(tidyMeta(given))).toBe('{"name":"n","uid":"u","annotations":{"a":"b"}}');
  });
});
