import type { Container } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../kinds/pods/pod.js';
import { containerCommand } from './command.js';
import { containerEnvironment, expand } from './environment.js';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { b: '2', a: 'x"y' } },
  spec: { containers: [], serviceAccountName: 'sa' },
};
const objects: Record<string, Record<string, string>> = {
  'configMap/conf': { A: 'map', B: 'map' },
  'secret/keys': { B: 'secret' },
};
const environment = (container: Partial<Container>) =>
  containerEnvironment({
    pod,
    container: { name: 'c', ...container },
    place: { podIp: '127.64.1.0', hostIp: '127.0.0.1', nodeName: 'n' },
    capacity: { cpu: '2', memory: '4096Ki' },
    values: { configMap: (name) => objects[`configMap/${name}`], secret: (name) => objects[`secret/${name}`] },
    base: { PATH: '/bin' },
  });

describe('the environment of a container', () => {
  it('comes from objects, then from its own variables, the later over the earlier', () => {
    const envFrom = [{ configMapRef: { name: 'conf' } }, { prefix: 'S_', secretRef: { name: 'keys' } }];
    const env = [
      { name: 'B', value: 'own' },
      { name: 'C', value: '$(B)-$(S_B)-$(D)-$$(B)' },
      { name: 'D', value: '4' },
    ];
    expect(environment({ envFrom, env })).toEqual({
      PATH: '/bin',
      A: 'map',
      B: 'own',
      S_B: 'secret',
      C: 'own-secret-$(D)-$(B)',
      D: '4',
    });
  });

  it.each([
    ['metadata.name', 'p'],
    ['metadata.namespace', 'shop'],
    ["metadata.labels['b']", '2'],
    ["metadata.annotations['none']", ''],
    ['metadata.labels', 'a="x\\"y"\nb="2"'],
    ['spec.serviceAccountName', 'sa'],
    ['spec.nodeName', 'n'],
    ['status.podIP', '127.64.1.0'],
  ])('knows the field %s', (fieldPath, expected) => {
    expect(environment({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })['X']).toBe(expected);
  });

  it.each([
    ['limits.memory', '1Mi', '4'],
    ['requests.cpu', undefined, '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.cpu', undefined, '2'],
    ['requests.memory', undefined, '0'],
  ])('knows the resource %s in units of %s', (resource, divisor, expected) => {
    const resourceFieldRef = { resource, ...(divisor && { divisor }) };
    const resources = { requests: { cpu: '250m' } };
    expect(environment({ resources, env: [{ name: 'X', valueFrom: { resourceFieldRef } }] })['X']).toBe(expected);
  });

  it.each<[string, Partial<Container>, string]>([
    ['object', { envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
    [
      'config map',
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }] },
      'configmap "none" not found',
    ],
    [
      'key',
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } }] },
      "couldn't find key a in Secret shop/keys",
    ],
  ])('fails for a missing %s', (_what, container, message) => {
    expect(() => environment(container)).toThrow(message);
  });

  it('leaves out what may be missing', () => {
    const valueFrom = { configMapKeyRef: { name: 'none', key: 'a', optional: true } };
    const envFrom = [{ secretRef: { name: 'none', optional: true } }];
    expect(environment({ env: [{ name: 'X', valueFrom }], envFrom })).toEqual({ PATH: '/bin' });
  });
});

describe('expansion', () => {
  it.each([
    ['$(A)', '1'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$(B)', '$(B)'],
    ['$A $', '$A $'],
    ['$(A', '$(A'],
    ['$(constructor)', '$(constructor)'],
  ])('%s', (text, expected) => {
    expect(expand(text, { A: '1' })).toBe(expected);
  });
});

describe('the command of a container', () => {
  it.each<[object, string[]]>([
    [{}, ['longshore']],
    [{ args: ['registry', 'serve'] }, ['longshore', 'registry', 'serve']],
    [{ command: ['/bin/sh', '-c'], args: ['echo $(A)'] }, ['/bin/sh', '-c', 'echo 1']],
  ])('%j', (container, expected) => {
    expect(containerCommand(container, { A: '1' })).toEqual(expected);
  });
});
