import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addUsers,
  askForToken,
  createContainerTools,
  kubeadminPassword,
  requestTo,
  runLongshore,
  startCluster,
  temporaryFolder,
  tokenOf,
  type ContainerTools,
  type HttpResponse,
  type RunningCluster,
  type Target,
} from '@longshore/testkit';
import { buildBusybox } from './journey.js';

const IMAGE = 'localhost/hello:1';

let cluster: RunningCluster;
let api: Target;
let kubeadmin: string;

beforeAll(async () => {
  cluster = await startCluster();
  api = { url: cluster.apiUrl, ca: await cluster.ca() };
  kubeadmin = kubeadminPassword(cluster);
});
afterAll(() => cluster?.stop());

const longshore = (...args: string[]) => runLongshore(args, { mayFail: true });
const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;

const as = (token: string, path: string, method = 'GET', body?: object) =>
  requestTo(api, path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
const json = <T>({ body }: HttpResponse) => JSON.parse(body.toString()) as T;

describe('longshore up, status and down', () => {
  it('keeps keys to itself', async () => {
    for (const file of ['kubeconfig', 'registry.kubeconfig', 'pki/ca.key', 'pki/admin.key']) {
      expect((await stat(join(cluster.dataDir, file))).mode & 0o777, file).toBe(0o600);
    }
    expect((await stat(cluster.dataDir)).mode & 0o777).toBe(0o700);
    const everything = await cluster.kubectl(['get', 'secret', 'kubeadmin', '-n', 'kube-system', '-o', 'yaml']);
    expect(everything.stdout).not.toContain(kubeadmin);
  });

  it('tells how it is', async () => {
    const { status, stdout } = await longshore('status', '--data-dir', cluster.dataDir);
    expect(stdout).toContain(`${cluster.apiUrl}  ready`);
    expect(stdout).toContain(`${cluster.registryAddress}  ready`);
    expect(status).toBe(0);
    const report = JSON.parse((await longshore('status', '--json', '--data-dir', cluster.dataDir)).stdout) as object;
    expect(report).toMatchObject({ running: true, parts: [{ ready: true }, { ready: true }] });
    const none = await longshore('status', '--data-dir', temporaryFolder('no-cluster'));
    expect(none).toMatchObject({ status: 1, stdout: expect.stringContaining('no cluster runs on') as string });
  });

  it('is started once on a folder', async () => {
    const again = await longshore('up', '--data-dir', cluster.dataDir, '--api-address', '127.0.0.1:0');
    expect(again.status).toBe(1);
    expect(again.stderr).toBe(
      `longshore: a cluster runs on ${cluster.dataDir} already: ${cluster.apiUrl}, process ${cluster.process.pid}\n`,
    );
  });

  it.each(['--api-address', '--registry-address'])('names %s when the address is taken', async (option) => {
    const taken = option === '--api-address' ? new URL(cluster.apiUrl).host : cluster.registryAddress;
    const free = option === '--api-address' ? '--registry-address' : '--api-address';
    const folder = temporaryFolder('taken');
    const { status, stderr } = await longshore('up', '--data-dir', folder, option, taken, free, '127.0.0.1:0');
    expect(status).toBe(1);
    expect(stderr).toBe(
      `longshore: cannot listen on ${taken}: another program listens there; choose another address with ${option}\n`,
    );
  });

  it('finds everything as it was when it starts again, and tells no password twice', async () => {
    await cluster.kubectl(['create', 'configmap', 'kept', '--from-literal=a=1']);
    const uid = await kubectl('get', 'cm', 'kept', '-o', 'jsonpath={.metadata.uid}');
    const noRules = (role: string) => kubectl('patch', 'clusterrole', role, '--type=merge', '-p', '{"rules":[]}');
    await noRules('system:image-puller');
    await noRules('system:image-auditor');
    const keep = 'rbac.authorization.kubernetes.io/autoupdate=false';
    await kubectl('annotate', 'clusterrole', 'system:image-auditor', keep, '--overwrite');
    expect((await longshore('down', '--data-dir', cluster.dataDir)).stdout).toContain('ended the cluster on');
    expect((await cluster.process.ended).status).toBe(0);
    expect((await longshore('down', '--data-dir', cluster.dataDir)).stdout).toContain('no cluster runs on');
    await cluster.restart();
    expect(cluster.process.output()).not.toContain('shown this once');
    expect(await kubectl('get', 'cm', 'kept', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
    expect(await tokenOf(cluster, 'kubeadmin', kubeadmin)).toMatch(/^sha256~/);
    const resources = (role: string) => kubectl('get', 'clusterrole', role, '-o', 'jsonpath={.rules[*].resources[*]}');
    expect(await resources('system:image-puller')).toBe('imagestreams/layers');
    expect(await resources('system:image-auditor')).toBe('');
  }, 60_000);
});

describe('users', () => {
  it('log in as oc does, and learn who they are', async () => {
    const where = json<{ authorization_endpoint: string; token_endpoint: string }>(
      await requestTo(api, '/.well-known/oauth-authorization-server'),
    );
    expect(where.authorization_endpoint).toBe(`${api.url}/oauth/authorize`);
    const token = await tokenOf(cluster, 'kubeadmin', kubeadmin);
    const me = json<{ metadata: { name: string } }>(await as(token, '/apis/user.openshift.io/v1/users/~'));
    expect(me.metadata.name).toBe('kube:admin');
    expect((await as(token, '/api/v1/nodes')).status).toBe(200);
  });

  it('are refused with a challenge when the password is wrong', async () => {
    const answer = await askForToken(cluster, { name: 'kubeadmin', password: 'wrong' });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="openshift"');
  });

  it('end a token by deleting it', async () => {
    const token = await tokenOf(cluster, 'kubeadmin', kubeadmin);
    const tokens = json<{ items: { metadata: { name: string } }[] }>(
      await as(token, '/apis/oauth.openshift.io/v1/useroauthaccesstokens'),
    );
    const { createHash } = await import('node:crypto');
    const own = `sha256~${createHash('sha256').update(token.slice('sha256~'.length)).digest('base64url')}`;
    expect(tokens.items.map(({ metadata }) => metadata.name)).toContain(own);
    await as(token, `/apis/oauth.openshift.io/v1/useroauthaccesstokens/${own}`, 'DELETE');
    expect((await as(token, '/api/v1/nodes')).status).toBe(401);
  });

  it('come from an htpasswd secret, and get what roles give them', async () => {
    await addUsers(cluster, [{ name: 'alice', password: 'correct horse' }]);
    const token = await tokenOf(cluster, 'alice', 'correct horse');
    const made = await as(token, '/apis/project.openshift.io/v1/projectrequests', 'POST', {
      apiVersion: 'project.openshift.io/v1',
      kind: 'ProjectRequest',
      metadata: { name: 'bakery' },
      displayName: 'The bakery',
    });
    expect(made.status).toBe(201);
    const projects = json<{ items: { metadata: { name: string } }[] }>(
      await as(token, '/apis/project.openshift.io/v1/projects'),
    );
    expect(projects.items.map(({ metadata }) => metadata.name)).toEqual(['bakery']);
    expect((await as(token, '/api/v1/namespaces/bakery/secrets')).status).toBe(200);
    expect((await as(token, '/api/v1/namespaces/default/secrets')).status).toBe(403);
    expect((await as(token, '/api/v1/namespaces')).status).toBe(403);
    const reserved = { apiVersion: 'project.openshift.io/v1', kind: 'ProjectRequest', metadata: { name: 'kube-x' } };
    expect((await as(token, '/apis/project.openshift.io/v1/projectrequests', 'POST', reserved)).status).toBe(403);
  });
});

describe('the registry of the cluster', () => {
  let tools: ContainerTools;
  beforeAll(async () => {
    tools = await createContainerTools(temporaryFolder('tools'));
    await buildBusybox(tools, IMAGE, 'ahoy');
  });

  const podman = (command: string, ...args: string[]) =>
    tools.run('podman', [command, '--tls-verify=false', ...args], { mayFail: true });
  const logIn = (user: string, password: string) =>
    podman('login', '-u', user, '-p', password, cluster.registryAddress);

  it('takes pushes of those who may, and gives to those who may', async () => {
    await kubectl('create', 'namespace', 'shop');
    const image = `${cluster.registryAddress}/shop/hello:1`;
    expect((await podman('push', IMAGE, image)).stderr).toMatch(/unauthorized|authentication required/);
    const builder = (await kubectl('create', 'token', 'builder', '-n', 'shop')).trim();
    expect((await logIn('builder', builder)).stdout).toContain('Login Succeeded!');
    expect((await podman('push', IMAGE, image)).status).toBe(0);
    expect((await podman('push', IMAGE, `${cluster.registryAddress}/default/hello:1`)).stderr).toMatch(
      /denied|Forbidden/,
    );

    const puller = (await kubectl('create', 'token', 'default', '-n', 'shop')).trim();
    await logIn('default', puller);
    expect((await podman('pull', image)).status).toBe(0);
    expect((await podman('push', IMAGE, image)).stderr).toMatch(/denied|Forbidden/);

    const outsider = (await kubectl('create', 'token', 'default', '-n', 'default')).trim();
    await logIn('default', outsider);
    expect((await podman('pull', image)).stderr).toMatch(/denied|Forbidden/);
  });

  it('knows users with colons in their names', async () => {
    const token = await tokenOf(cluster, 'kubeadmin', kubeadmin);
    for (const name of ['kubeadmin', 'kube:admin', 'anybody']) {
      expect((await logIn(name, token)).stdout, name).toContain('Login Succeeded!');
    }
    expect((await logIn('kubeadmin', 'sha256~wrong')).stderr).toContain('invalid username/password');
  });

  it('keeps tokens out of its logs', async () => {
    const log = cluster.process.output();
    expect(log).toContain('/v2/shop/hello/manifests/1');
    expect(log).not.toMatch(/eyJ[\w-]{20}|sha256~[\w-]{20}/);
    const audit = await readFile(join(cluster.dataDir, 'audit.log'), 'utf8');
    expect(audit).toContain('"username":"kube:admin"');
    expect(audit).not.toMatch(/eyJ[\w-]{20}|access_token|correct horse/);
    expect((await stat(join(cluster.dataDir, 'audit.log'))).mode & 0o777).toBe(0o600);
  });
});
