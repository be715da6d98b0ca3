import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';

let kinds: KindServer;
let nextAddress = 0;
const kept: unknown[] = [];
const released: unknown[] = [];
beforeAll(async () => {
  kinds = await KindServer.start({
    allocateClusterIp: (_service, wanted) => wanted ?? `172.30.0.${++nextAddress}`,
    allocateNodePort: (_service, wanted) => wanted ?? 30_000,
    keepService: ({ metadata, spec }) => kept.push([metadata.name, (spec as { clusterIP?: string }).clusterIP]),
    releaseService: ({ spec }) => released.push(spec),
  });
});
afterAll(() => kinds.stop());

type Given = Parameters<KindServer['create']>[0];
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('defaults', () => {
  it.each<[Given, object]>([
    [
      { kind: 'Secret', stringData: { a: 'x' }, data: { b: base64('y') } },
      { type: 'Opaque', data: { a: base64('x'), b: base64('y') } },
    ],
    [{ kind: 'ConfigMap', data: { a: 'x' } }, { data: { a: 'x' } }],
    [
      { kind: 'Namespace', metadata: { name: 'ns1' } },
      { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    ],
    [
      {
        kind: 'PersistentVolumeClaim',
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
      },
      {
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
    [
      {
        kind: 'PersistentVolume',
        spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, nfs: { path: '/x', server: 's' } },
      },
      { spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
    ],
    [
      { kind: 'LimitRange', spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
      {
        spec: {
          limits: [{ type: 'Container', max: { cpu: '2' }, default: { cpu: '2' }, defaultRequest: { cpu: '2' } }],
        },
      },
    ],
    [
      { kind: 'Service', spec: { ports: [{ port: 80 }] } },
      {
        spec: {
          clusterIP: '172.30.0.1',
          clusterIPs: ['172.30.0.1'],
          internalTrafficPolicy: 'Cluster',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
          sessionAffinity: 'None',
          type: 'ClusterIP',
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      {
        kind: 'Service',
        spec: { type: 'NodePort', sessionAffinity: 'ClientIP', clusterIP: '172.30.9.9', ports: [{ port: 80 }] },
      },
      {
        spec: {
          clusterIP: '172.30.9.9',
          clusterIPs: ['172.30.9.9'],
          externalTrafficPolicy: 'Cluster',
          ports: [{ port: 80, nodePort: 30_000 }],
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
        },
      },
    ],
    [{ kind: 'Service', spec: { clusterIP: 'None' } }, { spec: { clusterIP: 'None', clusterIPs: ['None'] } }],
  ])('%j', async (given, expected) => {
    expect(await kinds.create(given)).toMatchObject(expected);
  });

  it('label namespaces with their names', async () => {
    const { metadata } = await kinds.create({ kind: 'Namespace', metadata: { name: 'ns2', labels: { a: 'b' } } });
    expect(metadata.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'ns2' });
  });
});

describe('problems', () => {
  it.each<[Given, string[]]>([
    [
      { kind: 'ConfigMap', data: { 'a b': 'x' } },
      [
        "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [{ kind: 'ConfigMap', data: { '..a': 'x' } }, ['data[..a]: Invalid value: "..a": must not start with \'..\'']],
    [
      { kind: 'ConfigMap', data: { a: 'x' }, binaryData: { a: 'eA==' } },
      [
        'data[a]: Invalid value: "a": duplicate of key present in binaryData',
        'binaryData[a]: Invalid value: "a": duplicate of key present in data',
      ],
    ],
    [{ kind: 'ConfigMap', data: { a: 'x'.repeat(2 ** 20 + 1) } }, [': Too long: may not be more than 1048576 bytes']],
    [{ kind: 'Secret', type: 'kubernetes.io/tls' }, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    [
      { kind: 'Secret', type: 'kubernetes.io/basic-auth' },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    [{ kind: 'Secret', type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
    [{ kind: 'Secret', type: 'kubernetes.io/dockerconfigjson' }, ['data[.dockerconfigjson]: Required value']],
    [
      { kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
      ],
    ],
    [
      { kind: 'Secret', type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      { kind: 'Secret', data: { a: '!' } },
      ['Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0'],
    ],
    [{ kind: 'Service', spec: {} }, ['spec.ports: Required value']],
    [
      { kind: 'Service', spec: { ports: [{ port: 0 }] } },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      { kind: 'Service', spec: { ports: [{ port: 1 }, { port: 2, name: 'b' }] } },
      ['spec.ports[0].name: Required value'],
    ],
    [
      {
        kind: 'Service',
        spec: {
          ports: [
            { port: 1, name: 'a' },
            { port: 2, name: 'a' },
          ],
        },
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [{ kind: 'Service', spec: { type: 'ExternalName' } }, ['spec.externalName: Required value']],
    [
      { kind: 'Service', spec: { type: 'Odd', ports: [{ port: 1 }] } },
      [
        'spec.type: Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      { kind: 'PersistentVolumeClaim', spec: { resources: { requests: { storage: '1' } } } },
      ['spec.accessModes: Required value: at least 1 access mode is required'],
    ],
    [
      { kind: 'PersistentVolumeClaim', spec: { accessModes: ['ReadWriteOnce'] } },
      ['spec.resources[storage]: Required value'],
    ],
    [
      { kind: 'PersistentVolumeClaim', spec: { accessModes: ['Some'], resources: { requests: { storage: '1' } } } },
      [
        'spec.accessModes: Unsupported value: "Some": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    [
      { kind: 'PersistentVolume', spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } },
      ['spec: Required value: must specify a volume type'],
    ],
    [
      {
        kind: 'PersistentVolume',
        spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/x' } },
      },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      { kind: 'Event', involvedObject: { namespace: 'other' } },
      ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ],
    [
      { kind: 'LimitRange', spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [
      { kind: 'ResourceQuota', spec: { hard: { pods: '-1' } } },
      ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      { kind: 'Endpoints', subsets: [{ ports: [{ port: 1 }] }] },
      ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    ],
  ])('%j', async (given, expected) => {
    expect(await kinds.problems(given)).toEqual(expected);
  });
});

describe('changes', () => {
  type Fields = Record<string, unknown>;
  it.each<[string, Given, (object: Fields & { spec: Fields }) => void, string[]]>([
    [
      'the type of a secret stays',
      { kind: 'Secret' },
      (secret) => {
        secret.type = 'other/type';
      },
      ['type: Invalid value: "other/type": field is immutable'],
    ],
    [
      'an immutable secret stays as it is',
      { kind: 'Secret', immutable: true },
      (secret) => {
        secret.immutable = false;
        secret.data = { a: base64('x') };
      },
      [
        'immutable: Forbidden: field is immutable when `immutable` is set',
        'data: Forbidden: field is immutable when `immutable` is set',
      ],
    ],
    [
      'an immutable config map stays as it is',
      { kind: 'ConfigMap', immutable: true, data: { a: 'x' } },
      (map) => {
        map.data = { a: 'y' };
      },
      ['data: Forbidden: field is immutable when `immutable` is set'],
    ],
    [
      'the address of a service stays',
      { kind: 'Service', spec: { ports: [{ port: 80 }] } },
      ({ spec }) => {
        spec.clusterIP = '172.30.7.7';
        spec.clusterIPs = ['172.30.7.7'];
      },
      ['spec.clusterIPs[0]: Invalid value: []string{"172.30.7.7"}: may not change once set'],
    ],
    [
      'a claim stays as it is',
      {
        kind: 'PersistentVolumeClaim',
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
      },
      ({ spec }) => {
        spec.storageClassName = 'other';
      },
      [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ],
    ],
  ])('%s', async (_name, given, change, expected) => {
    expect(await kinds.changeProblems(given, change)).toEqual(expected);
  });

  it('a service keeps what a client leaves out, and its numbers go back with it', async () => {
    type Service = KubeObject & { spec: { clusterIP?: string; ports: Fields[] } };
    const created = await kinds.create<Service>({ kind: 'Service', spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    const { clusterIP } = created.spec;
    expect(kept.at(-1)).toEqual([created.metadata.name, clusterIP]);
    const sent = structuredClone(created);
    sent.spec = { type: 'NodePort', ports: [{ port: 80 }] } as unknown as Service['spec'];
    const updated = await kinds.update<Service>(sent);
    expect(updated.spec).toMatchObject({ clusterIP, ports: [{ nodePort: 30_000 }] });
    released.length = 0;
    await kinds.server.objects.delete('services', 'default', created.metadata.name ?? '');
    expect(released).toEqual([{ clusterIP, ports: [expect.objectContaining({ nodePort: 30_000 })] }]);
  });

  it('a service gives its address back when it becomes a name for another', async () => {
    const created = await kinds.create<KubeObject & { spec: Fields }>({
      kind: 'Service',
      spec: { ports: [{ port: 80 }] },
    });
    released.length = 0;
    await kinds.update({ ...created, spec: { type: 'ExternalName', externalName: 'example.com' } });
    expect(released).toEqual([{ clusterIP: created.spec.clusterIP, ports: [] }]);
  });
});
