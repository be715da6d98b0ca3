import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';

const PLAN = join(import.meta.dirname, '../../../edge/vectors/plan/registry-wave-100/verification.json');

let dir: string;
let server: Server;
let asked: string[];
beforeEach(async () => {
  dir = temporaryFolder('verify');
  asked = [];
});
afterEach(async () => {
  process.exitCode = undefined;
  server.closeAllConnections();
  server.close();
});

/** An API server that has these lists, and a kubeconfig for it. */
async function cluster(lists: Record<string, object[]>): Promise<string> {
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    asked.push(`${request.headers.authorization} ${path}`);
    const items = lists[path];
    const failure = {
      apiVersion: 'v1',
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: 'none',
    };
    response.writeHead(items === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(items === undefined ? failure : { apiVersion: 'v1', kind: 'XList', metadata: {}, items }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 'the-token' } }],
  };
  const path = join(dir, 'kubeconfig');
  await writeFile(path, JSON.stringify(kubeconfig));
  return path;
}

async function verify(...args: string[]): Promise<{ id: string; status: string }[]> {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    await (await createProgram()).parseAsync(['edge', 'verify', '--plan', PLAN, '--json', ...args], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return (JSON.parse(text) as { checks: { id: string; status: string }[] }).checks;
}

describe('edge verify', () => {
  it('asks the cluster and the hub', async () => {
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'image-registry-sc' },
      provisioner: 'kubernetes.io/no-provisioner',
    };
    const kubeconfig = await cluster({ '/apis/storage.k8s.io/v1/storageclasses': [storageClass] });
    const checks = await verify('--kubeconfig', kubeconfig, '--hub-kubeconfig', kubeconfig);
    expect(checks.filter(({ status }) => status === 'fits').map(({ id }) => id)).toEqual(['V4']);
    expect(checks.filter(({ status }) => status === 'unseen').map(({ id }) => id)).toEqual([
      'V2',
      'V2',
      'V3',
      'V9',
      'V10',
    ]);
    expect(process.exitCode).toBe(1);
    expect(asked).toContain('Bearer the-token /api/v1/namespaces/openshift-image-registry/persistentvolumeclaims');
    expect(asked).toContain('Bearer the-token /apis/metal3.io/v1alpha1/namespaces/sno-a/baremetalhosts');
  });

  it.each([
    [[], 'say what to look at'],
    [['--node-image', 'x', '--collected', '.'], '--node-image needs --kubeconfig'],
    [['--kubeconfig', 'absent'], 'there is no kubeconfig at absent'],
  ])('refuses %j', async (args, message) => {
    await cluster({});
    await expect(verify(...args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) as string, exitCode: 2 }) as Error,
    );
  });
});
