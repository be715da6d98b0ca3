import type { Transport, TransportRequest, TransportResponse } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { collectEvidence } from './collect-evidence.js';
import type { SiteExpectation } from './expectation.js';
import { kubeClusterReader, NodeCommandError } from './kube-cluster-reader.js';
import { verifySite } from './verify-site.js';

const OUTPUTS: Record<string, string> = {
  'lsblk -J -b': JSON.stringify({
    blockdevices: [
      {
        name: 'sda',
        type: 'disk',
        size: 1,
        children: [{ name: 'sda5', type: 'part', size: 107_479_040_000, mountpoint: '/var/imageregistry' }],
      },
    ],
  }),
  'df -B1':
    'Filesystem 1B-blocks Used Available Use% Mounted on\n/dev/sda5 107374182400 20401094656 86973087744 19% /var/imageregistry\n',
  'cat /proc/mounts': '/dev/sda5 /var/imageregistry xfs rw 0 0\n',
};

/** An API server that knows nodes and pods of its own making, and the objects given to it. */
class FakeApi implements Transport {
  readonly requests: string[] = [];
  private readonly pods = new Map<string, string>();

  constructor(
    private readonly objects: Record<string, object[]>,
    private readonly phase: 'Succeeded' | 'Failed' = 'Succeeded',
  ) {}

  request({ method, path, body, isWatch, query }: TransportRequest): Promise<TransportResponse> {
    this.requests.push(`${method} ${path}`);
    const pod = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', resourceVersion: '7' },
    });
    if (method === 'POST') {
      const { spec } = JSON.parse(body as string) as { spec: { containers: { command: string[] }[] } };
      const name = `longshore-verify-${this.pods.size}`;
      this.pods.set(name, spec.containers[0]?.command.slice(2).join(' ') ?? '');
      return answer(201, JSON.stringify(pod(name)));
    }
    if (method === 'DELETE') {
      this.pods.delete(path.split('/').at(-1) ?? '');
      return answer(200, JSON.stringify({ apiVersion: 'v1', kind: 'Status', status: 'Success' }));
    }
    if (isWatch) {
      expect(query?.get('resourceVersion')).toBe('7');
      const name = query?.get('fieldSelector')?.split('=')[1] ?? '';
      const event = (phase: string) =>
        JSON.stringify({ type: 'MODIFIED', object: { ...pod(name), status: { phase } } });
      return answer(200, `${event('Running')}\n${event(this.phase)}\n`);
    }
    const log = /\/pods\/([^/]+)\/log$/.exec(path)?.[1];
    if (log !== undefined)
      return answer(200, this.phase === 'Failed' ? 'no such file' : (OUTPUTS[this.pods.get(log) ?? ''] ?? ''));
    const items = this.objects[path];
    const failure = {
      apiVersion: 'v1',
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: 'none',
    };
    if (items === undefined) return answer(404, JSON.stringify(failure));
    return answer(200, JSON.stringify({ apiVersion: 'v1', kind: 'ThingList', metadata: {}, items }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get remainingPods(): number {
    return this.pods.size;
  }
}

function answer(status: number, text: string): Promise<TransportResponse> {
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(text));
  })();
  return Promise.resolve({ status, headers: { 'content-type': 'application/json' }, body });
}

const expectation: SiteExpectation = {
  version: 1,
  site: 'site-a',
  cluster: 'sno-a',
  disk: '/dev/disk/by-path/a',
  ignition: {},
  partitions: [
    { label: 'var-imageregistry', mountPoint: '/var/imageregistry', sizeGiB: '100.1', mountOptions: ['defaults'] },
  ],
  policies: ['ztp-site.site-a-x'],
};
const nodes = { '/api/v1/nodes': [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } }] };
const signal = new AbortController().signal;

describe('a cluster', () => {
  it('is asked for objects, and its node by pods that are gone afterwards', async () => {
    const api = new FakeApi(nodes);
    const site = kubeClusterReader(api, { nodeImage: 'registry.example.com/tools@sha256:0' });
    const evidence = await collectEvidence({ site }, expectation, [], signal);
    const { checks } = verifySite(expectation, evidence);
    expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'V1 unseen',
      'V2 fits',
      'V3 fits',
      'V11 unseen',
    ]);
    expect(api.remainingPods).toBe(0);
    expect(api.requests.filter((request) => request.startsWith('POST'))).toHaveLength(3);
  });

  it('without an image gets no pods', async () => {
    const api = new FakeApi(nodes);
    const evidence = await collectEvidence({ site: kubeClusterReader(api) }, expectation, [], signal);
    expect(evidence.blockDevices).toBeUndefined();
    expect(api.requests).toEqual([]);
  });

  it('that lacks a resource has none of it', async () => {
    const hosts = { '/apis/metal3.io/v1alpha1/namespaces/sno-a/baremetalhosts': [] };
    const evidence = await collectEvidence({ hub: kubeClusterReader(new FakeApi(hosts)) }, expectation, [], signal);
    const { checks } = verifySite(expectation, evidence);
    expect(checks.filter(({ status }) => status === 'differs').map(({ id }) => id)).toEqual(['V1', 'V11']);
  });

  it('whose command fails leaves no pod behind', async () => {
    const api = new FakeApi(nodes, 'Failed');
    const site = kubeClusterReader(api, { nodeImage: 'x' });
    await expect(collectEvidence({ site }, expectation, [], signal)).rejects.toThrow(NodeCommandError);
    expect(api.remainingPods).toBe(0);
  });
});
