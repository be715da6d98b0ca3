import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';
import type { Pod } from './pod.js';
import { statusText } from './pod-columns.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

const container = { name: 'c', image: 'registry.example.com/app:1.2' };
const pod = (spec: object = {}) => ({ kind: 'Pod', spec: { containers: [container], ...spec } });
const withContainer = (fields: object) => pod({ containers: [{ ...container, ...fields }] });

describe('defaults', () => {
  it('fill a minimal pod as Kubernetes does', async () => {
    const { spec, status, metadata } = await kinds.create<Pod>(pod());
    expect(spec).toEqual({
      containers: [
        {
          ...container,
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
    expect(status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(metadata.generation).toBeUndefined();
  });

  it.each([
    ['app', 'Always'],
    ['app:latest', 'Always'],
    ['host:5000/app', 'Always'],
    ['app:1', 'IfNotPresent'],
    [`app@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ])('image %s is pulled %s', async (image, policy) => {
    const { spec } = await kinds.create<Pod>(withContainer({ image }));
    expect(spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it.each<[string, object, object]>([
    ['a volume without a source', { volumes: [{ name: 'v' }] }, { volumes: [{ name: 'v', emptyDir: {} }] }],
    [
      'modes and times of projected volumes',
      {
        volumes: [
          { name: 's', secret: { secretName: 'x' } },
          { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
          { name: 'h', hostPath: { path: '/x' } },
        ],
      },
      {
        volumes: [
          { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
          {
            name: 'p',
            projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
          },
          { name: 'h', hostPath: { path: '/x', type: '' } },
        ],
      },
    ],
    [
      'the older name of the service account',
      { serviceAccountName: 'a' },
      { serviceAccountName: 'a', serviceAccount: 'a' },
    ],
    [
      'the newer name of the service account',
      { serviceAccount: 'a' },
      { serviceAccountName: 'a', serviceAccount: 'a' },
    ],
  ])('%s', async (_name, given, expected) => {
    expect((await kinds.create<Pod>(pod(given))).spec).toMatchObject(expected);
  });

  it('take requests from limits, and amounts in their shortest form', async () => {
    const { spec, status } = await kinds.create<Pod>(
      withContainer({ resources: { limits: { cpu: '1000m', memory: '1024Mi' } } }),
    );
    expect(spec.containers[0]?.resources).toEqual({
      limits: { cpu: '1', memory: '1Gi' },
      requests: { cpu: '1', memory: '1Gi' },
    });
    expect(status?.qosClass).toBe('Guaranteed');
  });

  it('fill probes, and ports on the network of the node', async () => {
    const { spec } = await kinds.create<Pod>({
      kind: 'Pod',
      spec: {
        hostNetwork: true,
        containers: [{ ...container, ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 80 } } }],
      },
    });
    expect(spec.containers[0]).toMatchObject({
      ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
      livenessProbe: {
        failureThreshold: 3,
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        periodSeconds: 10,
        successThreshold: 1,
        timeoutSeconds: 1,
      },
    });
  });
});

describe('problems of pods', () => {
  it.each<[object, string[]]>([
    [{ containers: [] }, ['spec.containers: Required value']],
    [{ containers: [{ name: 'c' }] }, ['spec.containers[0].image: Required value']],
    [
      { containers: [{ name: 'c', image: ' ' }] },
      ['spec.containers[0].image: Invalid value: " ": must not have leading or trailing whitespace'],
    ],
    [{ containers: [{ image: 'x' }] }, ['spec.containers[0].name: Required value']],
    [{ containers: [container, container] }, ['spec.containers[1].name: Duplicate value: "c"']],
    [{ initContainers: [container] }, ['spec.initContainers[0].name: Duplicate value: "c"']],
    [
      { restartPolicy: 'Sometimes' },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
    ],
    [
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      { terminationGracePeriodSeconds: -1 },
      ['spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [{ volumes: [{ name: 'v' }, { name: 'v' }] }, ['spec.volumes[1].name: Duplicate value: "v"']],
    [{ volumes: [{ name: 'v', configMap: {} }] }, ['spec.volumes[0].configMap.name: Required value']],
    [
      { volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 512 } }] },
      [
        'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [
      { tolerations: [{ operator: 'Equal' }] },
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      { tolerations: [{ key: 'k', operator: 'Foo' }] },
      ['spec.tolerations[0].operator: Unsupported value: "Foo": supported values: "Equal", "Exists"'],
    ],
    [
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
      ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero'],
    ],
    [
      { dnsPolicy: 'None' },
      ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ],
    [
      {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 101, podAffinityTerm: { topologyKey: 'zone' } },
            ],
          },
        },
      },
      [
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      ],
    ],
  ])('%j', async (spec, expected) => {
    expect(await kinds.problems(pod(spec))).toEqual(expected);
  });

  it.each<[object, string[]]>([
    [{ ports: [{ containerPort: 0 }] }, ['spec.containers[0].ports[0].containerPort: Required value']],
    [
      { ports: [{ containerPort: 70000 }] },
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      { ports: [{ containerPort: 1, protocol: 'X' }] },
      ['spec.containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      { ports: [{ containerPort: 1, name: 'Web' }] },
      [
        'spec.containers[0].ports[0].name: Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      ],
    ],
    [
      { volumeMounts: [{ name: 'none', mountPath: '/x' }] },
      ['spec.containers[0].volumeMounts[0].name: Not found: "none"'],
    ],
    [{ livenessProbe: {} }, ['spec.containers[0].livenessProbe: Required value: must specify a handler type']],
    [
      { livenessProbe: { exec: { command: ['x'] }, httpGet: { port: 80 } } },
      ['spec.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      { livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } },
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      { readinessProbe: { tcpSocket: { port: 0 } } },
      ['spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    ],
    [
      { env: [{ name: 'A', valueFrom: {} }] },
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ],
    ],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] },
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.x": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      { resources: { requests: { cpu: '-1' } } },
      ['spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      { resources: { requests: { ram: '1' } } },
      [
        'spec.containers[0].resources.requests[ram]: Invalid value: "ram": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[ram]: Invalid value: "ram": must be a standard resource for containers',
      ],
    ],
    [
      { restartPolicy: 'Always' },
      ['spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers'],
    ],
    [
      { imagePullPolicy: 'Now' },
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
  ])('of containers: %j', async (fields, expected) => {
    expect(await kinds.problems(withContainer(fields))).toEqual(expected);
  });

  it('tells wrong types as the decoder does', async () => {
    expect(await kinds.problems(pod({ activeDeadlineSeconds: 'x' }))).toEqual([
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64',
    ]);
    expect(await kinds.problems(withContainer({ image: 1 }))).toEqual([
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
    ]);
    expect(await kinds.problems(withContainer({ resources: { limits: { cpu: 'much' } } }))).toEqual([
      'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
    ]);
  });
});

describe('nulls in lists of pods', () => {
  it.each([
    [{ containers: [null] }, 'spec.containers[0].name'],
    [{ tolerations: [null] }, 'spec.tolerations[0]'],
    [{ volumes: [null] }, 'spec.volumes[0].name'],
  ])('count as empty: %j', async (spec, field) => {
    const [first = ''] = await kinds.problems(pod(spec));
    expect(first).toContain(field);
  });
});

describe('changes of pods', () => {
  it('may be of the image and of further tolerations', async () => {
    const problems = await kinds.changeProblems(pod(), ({ spec }: { spec: Pod['spec'] }) => {
      Object.assign(spec.containers[0] ?? {}, { image: 'other:1' });
      spec.tolerations = [{ key: 'k', operator: 'Exists' }];
    });
    expect(problems).toEqual([]);
  });

  it('may not be of anything else', async () => {
    const problems = await kinds.changeProblems(pod(), ({ spec }: { spec: Pod['spec'] }) => {
      spec.hostname = 'other';
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
    );
  });
});

describe('the status of a pod in words', () => {
  const spec = { containers: [container] };
  const state = (fields: object) => ({ name: 'c', image: '', imageID: '', ready: false, restartCount: 0, ...fields });
  it.each<[object, string]>([
    [{ phase: 'Running' }, 'Running'],
    [
      { phase: 'Pending', containerStatuses: [state({ state: { waiting: { reason: 'ImagePullBackOff' } } })] },
      'ImagePullBackOff',
    ],
    [{ phase: 'Failed', containerStatuses: [state({ state: { terminated: { exitCode: 3 } } })] }, 'ExitCode:3'],
    [{ phase: 'Pending', initContainerStatuses: [state({ state: { running: {} } })] }, 'Init:0/0'],
    [{ phase: 'Failed', reason: 'Evicted' }, 'Evicted'],
  ])('%j is %s', (status, text) => {
    expect(statusText(spec, status, false)).toBe(text);
  });

  it('is Terminating while it ends, and the end when it has ended', () => {
    expect(statusText(spec, { phase: 'Running' }, true)).toBe('Terminating');
    expect(statusText(spec, { phase: 'Succeeded' }, true)).toBe('Succeeded');
  });
});
