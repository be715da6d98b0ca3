import { readText } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from './testing/kind-server.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start({ allocateClusterIp: () => '172.30.0.1', allocateNodePort: () => 30_001 });
});
afterAll(() => kinds.stop());

interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[] }[];
}

/** What `kubectl get -o wide` prints of a list: the header, and the cells of the first row. */
async function print(path: string): Promise<{ header: string; cells: unknown[] }> {
  const { columnDefinitions, rows } = await tableAt(path);
  return { header: headerOf(columnDefinitions), cells: rows[0]?.cells ?? [] };
}

const headerOf = (columns: Table['columnDefinitions']) => columns.map(({ name }) => name.toUpperCase()).join(' | ');

async function tableAt(path: string): Promise<Table> {
  const transport = kinds.server.transport({ username: 'admin', groups: ['system:masters'] });
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const response = await transport.request({ method: 'GET', path, headers: { accept } });
  return JSON.parse(await readText(response.body, 2 ** 20)) as Table;
}

type Given = Parameters<KindServer['create']>[0];
const metadata = { name: 'x' };
const containers = [{ name: 'c', image: 'app:1' }];
const template = { metadata: { labels: { app: 'a' } }, spec: { containers } };
const selector = { matchLabels: { app: 'a' } };

describe('columns', () => {
  it.each<[Given, string, string, unknown[]]>([
    [
      { kind: 'Pod', spec: { containers, nodeName: 'n' } },
      '/api/v1/pods',
      'NAME | READY | STATUS | RESTARTS | AGE | IP | NODE | NOMINATED NODE | READINESS GATES',
      ['x', '0/1', 'Pending', '0', '0s', '<none>', 'n', '<none>', '<none>'],
    ],
    [
      { kind: 'Deployment', spec: { selector, template, replicas: 2 } },
      '/apis/apps/v1/deployments',
      'NAME | READY | UP-TO-DATE | AVAILABLE | AGE | CONTAINERS | IMAGES | SELECTOR',
      ['x', '0/2', 0, 0, '0s', 'c', 'app:1', 'app=a'],
    ],
    [
      { kind: 'DaemonSet', spec: { selector, template } },
      '/apis/apps/v1/daemonsets',
      'NAME | DESIRED | CURRENT | READY | UP-TO-DATE | AVAILABLE | NODE SELECTOR | AGE | CONTAINERS | IMAGES | SELECTOR',
      ['x', 0, 0, 0, 0, 0, '<none>', '0s', 'c', 'app:1', 'app=a'],
    ],
    [
      { kind: 'Service', spec: { type: 'NodePort', selector: { app: 'a' }, ports: [{ port: 80 }] } },
      '/api/v1/services',
      'NAME | TYPE | CLUSTER-IP | EXTERNAL-IP | PORT(S) | AGE | SELECTOR',
      ['x', 'NodePort', '172.30.0.1', '<none>', '80:30001/TCP', '0s', 'app=a'],
    ],
    [
      {
        kind: 'PersistentVolumeClaim',
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' },
      },
      '/api/v1/persistentvolumeclaims',
      'NAME | STATUS | VOLUME | CAPACITY | ACCESS MODES | STORAGECLASS | VOLUMEATTRIBUTESCLASS | AGE | VOLUMEMODE',
      ['x', 'Pending', '', '', '', 'fast', '<unset>', '0s', 'Filesystem'],
    ],
    [
      {
        kind: 'PersistentVolume',
        spec: { accessModes: ['ReadWriteMany'], capacity: { storage: '1Gi' }, nfs: { path: '/x', server: 's' } },
      },
      '/api/v1/persistentvolumes',
      'NAME | CAPACITY | ACCESS MODES | RECLAIM POLICY | STATUS | CLAIM | STORAGECLASS | VOLUMEATTRIBUTESCLASS | REASON | AGE | VOLUMEMODE',
      ['x', '1Gi', 'RWX', 'Retain', 'Pending', '', '', '<unset>', '', '0s', 'Filesystem'],
    ],
    [
      {
        kind: 'StorageClass',
        provisioner: 'p',
        metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      },
      '/apis/storage.k8s.io/v1/storageclasses',
      'NAME | PROVISIONER | RECLAIMPOLICY | VOLUMEBINDINGMODE | ALLOWVOLUMEEXPANSION | AGE',
      ['x (default)', 'p', 'Delete', 'Immediate', 'false', '0s'],
    ],
    [
      { kind: 'Job', spec: { template: { spec: { containers, restartPolicy: 'Never' } } } },
      '/apis/batch/v1/jobs',
      'NAME | STATUS | COMPLETIONS | DURATION | AGE | CONTAINERS | IMAGES | SELECTOR',
      ['x', 'Running', '0/1', '', '0s', 'c', 'app:1', expect.stringContaining('controller-uid=')],
    ],
    [
      {
        kind: 'CronJob',
        spec: {
          schedule: '@daily',
          jobTemplate: { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } },
        },
      },
      '/apis/batch/v1/cronjobs',
      'NAME | SCHEDULE | TIMEZONE | SUSPEND | ACTIVE | LAST SCHEDULE | AGE | CONTAINERS | IMAGES | SELECTOR',
      ['x', '@daily', '<none>', 'False', 0, '<none>', '0s', 'c', 'app:1', '<none>'],
    ],
    [
      {
        kind: 'Event',
        involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
        type: 'Warning',
        reason: 'Bad',
        message: 'It is.',
        count: 3,
        firstTimestamp: '2026-01-02T03:00:05Z',
        lastTimestamp: '2026-01-02T03:03:05Z',
        source: { component: 'kubelet', host: 'n' },
      },
      '/api/v1/events',
      'LAST SEEN | TYPE | REASON | OBJECT | SUBOBJECT | SOURCE | MESSAGE | FIRST SEEN | COUNT | NAME',
      ['60s', 'Warning', 'Bad', 'pod/p', '', 'kubelet, n', 'It is.', '4m', 3, 'x'],
    ],
    [
      {
        kind: 'Ingress',
        apiVersion: 'networking.k8s.io/v1',
        spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
      },
      '/apis/networking.k8s.io/v1/ingresses',
      'NAME | CLASS | HOSTS | ADDRESS | PORTS | AGE',
      ['x', '<none>', '*', '', '80', '0s'],
    ],
    [
      {
        kind: 'Node',
        metadata: { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/master': '' } },
        spec: { unschedulable: true },
      },
      '/api/v1/nodes',
      'NAME | STATUS | ROLES | AGE | VERSION | INTERNAL-IP | EXTERNAL-IP | OS-IMAGE | KERNEL-VERSION | CONTAINER-RUNTIME',
      [
        'x',
        'Unknown,SchedulingDisabled',
        'master,worker',
        '0s',
        '',
        '<none>',
        '<none>',
        '<unknown>',
        '<unknown>',
        '<unknown>',
      ],
    ],
  ])('$kind', async (given, path, header, cells) => {
    await kinds.create({ ...given, metadata: { ...metadata, ...given.metadata } });
    expect(await print(path)).toEqual({ header, cells });
  });

  it('of events show the name only where there is room', async () => {
    const { columnDefinitions } = await tableAt('/api/v1/events');
    const narrow = columnDefinitions.filter(({ priority }) => priority === 0);
    expect(headerOf(narrow)).toBe('LAST SEEN | TYPE | REASON | OBJECT | MESSAGE');
  });

  it('of a cluster operator tell what is not as it should be', async () => {
    const condition = (type: string, status: string, message: string) => ({
      type,
      status,
      message,
      lastTransitionTime: '2026-01-02T03:00:05Z',
    });
    const created = await kinds.create({ kind: 'ClusterOperator', metadata, spec: {} });
    await kinds.updateStatus({
      ...created,
      status: {
        versions: [{ name: 'operator', version: '4.18.0' }],
        conditions: [
          condition('Available', 'True', 'All is well'),
          condition('Progressing', 'True', 'Rolling out'),
          condition('Degraded', 'False', ''),
        ],
      },
    });
    expect(await print('/apis/config.openshift.io/v1/clusteroperators')).toEqual({
      header: 'NAME | VERSION | AVAILABLE | PROGRESSING | DEGRADED | SINCE | MESSAGE',
      cells: ['x', '4.18.0', 'True', 'True', 'False', '4m', 'Rolling out'],
    });
  });
});
