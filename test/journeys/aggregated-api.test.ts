import { readFile } from 'node:fs/promises';
import * as https from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  createCertificateAuthority,
  freePort,
  issueClientCertificate,
  issueServerCertificate,
  LONGSHORE,
  requestTo,
  runLongshore,
  startCluster,
  startEtcd,
  startProcess,
  temporaryFolder,
  type CertificateFiles,
  type RunningCluster,
  type RunningEtcd,
  type RunningProcess,
  type Target,
} from '@longshore/testkit';

/** The image API as a server of its own, which extends another API server: here the embedded cluster stands for that. */

const STREAMS = '/apis/image.openshift.io/v1/namespaces/shop/imagestreams';
const DIGEST = `sha256:${'1'.repeat(64)}`;

let cluster: RunningCluster;
let etcd: RunningEtcd;
let server: RunningProcess;
let port: number;
let api: Target;
let serving: CertificateFiles;
let aggregator: https.Agent;
const tokens: Record<string, string> = {};

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;

beforeAll(async () => {
  [cluster, etcd, port] = await Promise.all([startCluster(), startEtcd(), freePort()]);
  const dir = temporaryFolder('aggregated');
  const ca = await createCertificateAuthority(join(dir, 'serving'));
  serving = await issueServerCertificate(ca, { dir: join(dir, 'serving') });
  const proxyCa = await createCertificateAuthority(join(dir, 'proxy'));
  const proxy = await issueClientCertificate(proxyCa, { dir: join(dir, 'proxy'), commonName: 'aggregator' });
  api = { url: `https://127.0.0.1:${port}`, ca: await readFile(ca.certificate, 'utf8') };
  aggregator = new https.Agent({
    ca: api.ca ?? '',
    cert: await readFile(proxy.certificate, 'utf8'),
    key: await readFile(proxy.key, 'utf8'),
  });
  await kubectl(
    'create',
    'configmap',
    'extension-apiserver-authentication',
    `--from-file=requestheader-client-ca-file=${proxyCa.certificate}`,
    '--from-literal=requestheader-allowed-names=["aggregator"]',
    '--from-literal=requestheader-username-headers=["X-Remote-User"]',
    '--from-literal=requestheader-group-headers=["X-Remote-Group"]',
    '--from-literal=requestheader-extra-headers-prefix=["X-Remote-Extra-"]',
    '-n',
    'kube-system',
  );
  await kubectl('create', 'namespace', 'shop');
  for (const name of ['editor', 'outsider']) {
    await kubectl('create', 'serviceaccount', name, '-n', 'shop');
    tokens[name] = (await kubectl('create', 'token', name, '-n', 'shop')).trim();
  }
  const role = ['--clusterrole=registry-editor', '--serviceaccount=shop:editor', '-n', 'shop'];
  await kubectl('create', 'rolebinding', 'editor', ...role);
  server = await serve();
});
afterAll(async () => {
  aggregator?.destroy();
  for (const each of [server, cluster, etcd]) await each?.stop();
});

function serve(): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: [
      [LONGSHORE, 'apiserver', 'serve', '--kubeconfig', cluster.kubeconfig, '--etcd-endpoint', etcd.url],
      ['--bind-address', '127.0.0.1', '--secure-port', String(port)],
      ['--tls-cert-file', serving.certificate, '--tls-private-key-file', serving.key],
      ['--internal-registry-hostname', 'registry.example.com:5000'],
    ].flat(),
    ready: { output: /serving image\.openshift\.io/ },
  });
}

interface Sent {
  method?: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  agent?: https.Agent;
  body?: object;
}

async function send(path: string, { token, body, headers = {}, ...how }: Sent) {
  const answer = await requestTo(api, path, {
    ...how,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body.toString()) as Record<string, unknown> };
}

const stream = (name: string) => ({ apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name } });

describe('an image API beside another API server', () => {
  it('believes tokens of the cluster, and asks it for rights', async () => {
    const create = (token?: string) => send(STREAMS, { method: 'POST', token, body: stream('app') });
    expect((await create()).status).toBe(403);
    expect((await create('nonsense')).status).toBe(401);
    expect((await create(tokens['outsider'])).status).toBe(403);
    const made = await create(tokens['editor']);
    expect(made.status).toBe(201);
    // The cluster's image configuration comes before the option.
    expect(made.body['status']).toEqual({ dockerImageRepository: `${cluster.registryAddress}/shop/app` });
  });

  it('believes the cluster, and nobody else, when it passes on a user', async () => {
    const headers = { 'x-remote-user': 'system:serviceaccount:shop:editor' };
    const path = `${STREAMS}/app`;
    expect((await send(path, { headers, agent: aggregator })).status).toBe(200);
    expect((await send(path, { headers })).status).toBe(403);
    const master = { 'x-remote-user': 'somebody', 'x-remote-group': 'system:masters' };
    expect((await send(path, { headers: master, agent: aggregator })).status).toBe(200);
    expect((await send(path, { headers: { 'x-remote-user': 'nobody' }, agent: aggregator })).status).toBe(403);
    expect((await send(path, { agent: aggregator })).status).toBe(401);
  });

  it('lives in the namespaces of the cluster', async () => {
    const path = STREAMS.replace('shop', 'nowhere');
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    const made = await send(path, { method: 'POST', headers, agent: aggregator, body: stream('app') });
    expect(made).toMatchObject({ status: 404, body: { message: 'namespaces "nowhere" not found' } });
  });

  it('keeps images and tags, also over its own end', async () => {
    const mapping = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamMapping',
      metadata: { name: 'app' },
      tag: 'v1',
      image: { metadata: { name: DIGEST }, dockerImageReference: `${cluster.registryAddress}/shop/app@${DIGEST}` },
    };
    const path = STREAMS.replace('imagestreams', 'imagestreammappings');
    expect((await send(path, { method: 'POST', token: tokens['editor'], body: mapping })).status).toBe(403);
    const registry = { 'x-remote-user': 'registry', 'x-remote-group': 'system:masters' };
    const pushed = await send(path, { method: 'POST', headers: registry, agent: aggregator, body: mapping });
    expect(pushed.status).toBe(201);
    await server.kill9();
    server = await serve();
    const tag = await send(`${STREAMS.replace('imagestreams', 'imagestreamtags')}/app:v1`, { token: tokens['editor'] });
    expect(tag.body['image']).toMatchObject({ metadata: { name: DIGEST } });
  });

  it('is ready, and described as any API', async () => {
    expect((await requestTo(api, '/readyz')).body.toString()).toBe('ok');
    const { body } = await send('/apis/image.openshift.io/v1', { token: tokens['editor'] });
    expect((body['resources'] as { name: string }[]).map(({ name }) => name)).toContain('imagestreams/layers');
    expect(await kubectl('get', 'lease', 'longshore-image-controllers', '-n', 'openshift-image-registry')).toContain(
      'longshore-image-controllers',
    );
  });

  it('is installed by what longshore apiserver manifests prints', async () => {
    const { stdout } = await runLongshore(
      [
        ['apiserver', 'manifests', '--image', 'registry.example.com/longshore:1', '--ca-file', serving.certificate],
        ['--etcd-endpoint', 'https://etcd.example.com:2379', '--etcd-secret', 'etcd-client'],
      ].flat(),
    );
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as { kind: string; spec?: object });
    expect(objects.map(({ kind }) => kind)).toContain('Deployment');
    const service = objects.find(({ kind }) => kind === 'APIService');
    expect(service?.spec).toMatchObject({ group: 'image.openshift.io', service: { name: 'longshore-apiserver' } });
    // The embedded cluster aggregates nothing, so this kind is not there.
    const others = objects.filter(({ kind }) => kind !== 'APIService');
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: others });
    await cluster.kubectl(['apply', '-f', '-'], { input: list });
    expect(await kubectl('get', 'deployment', 'longshore-apiserver', '-n', 'openshift-image-registry')).toContain(
      '0/2',
    );
  });
});
