/** Who may do what at the registry of a cluster, and how it says no: the examples of registry.md 11.2. */
import {
  createImage,
  jsonOf,
  kubeadminPassword,
  pushTree,
  requestTo,
  startCluster,
  tokenOf,
  type HttpResponse,
  type RequestOptions,
  type RunningCluster,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let cluster: RunningCluster;
const tokens: Record<string, string> = {};
const image = createImage({ seed: 'rights' });

beforeAll(async () => {
  cluster = await startCluster();
  tokens['admin'] = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster));
  for (const project of ['shop', 'public']) await kubectl('create', 'namespace', project);
  await kubectl('create', 'serviceaccount', 'monitor', '-n', 'shop');
  await kubectl('wait', '--for=create', 'serviceaccount/builder', 'serviceaccount/default', '-n', 'shop');
  await kubectl('wait', '--for=create', 'serviceaccount/builder', '-n', 'public');
  for (const name of ['builder', 'default', 'monitor']) tokens[name] = await serviceToken(name, 'shop');
  const rules = [{ apiGroups: ['image.openshift.io'], resources: ['registry/metrics'], verbs: ['get'] }];
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'scraper' },
    rules,
  };
  await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(role) });
  await kubectl('create', 'clusterrolebinding', 'scraper', '--clusterrole=scraper', '--serviceaccount=shop:monitor');
  const everybody = ['--clusterrole=system:image-puller', '--group=system:unauthenticated', '-n', 'public'];
  await kubectl('create', 'rolebinding', 'everybody', ...everybody);
  await push('shop', tokens['builder'] ?? '');
  await push('public', await serviceToken('builder', 'public'));
  await push('openshift', tokens['admin'] ?? '');
});
afterAll(() => cluster?.stop());

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const serviceToken = async (name: string, project: string) =>
  (await kubectl('create', 'token', name, '-n', project)).trim();
const url = () => `http://${cluster.registryAddress}`;
const push = (project: string, password: string) =>
  pushTree({ url: url(), user: { name: 'x', password } }, `${project}/app`, image, 'v1');

const send = (path: string, options: RequestOptions = {}) => requestTo({ url: url() }, path, options);
/** As somebody whose token was made at the start. */
const sendAs = (who: string, path: string, method = 'GET') =>
  send(path, { method, user: { name: 'x', password: tokens[who] ?? '' } });
const MANIFEST = (project: string) => `/v2/${project}/app/manifests/v1`;

interface ErrorBody {
  errors: { code: string; detail: unknown }[];
}
const errorOf = (response: HttpResponse) => (jsonOf(response) as ErrorBody).errors[0];

describe('the token endpoint', () => {
  const PATH = '/openshift/token?scope=repository:shop/app:pull';

  it('gives a token of its own to who has one of the cluster, under any name', async () => {
    const answer = await send(PATH, { user: { name: 'anyuser', password: tokens['builder'] ?? '' } });
    const { token, access_token: same } = jsonOf(answer) as { token: string; access_token: string };
    expect(same).toBe(token);
    expect(token).not.toContain(tokens['builder']);
    const headers = { authorization: `Bearer ${token}` };
    expect((await send(MANIFEST('shop'), { headers })).status).toBe(200);
    // The builder may push, but the token was not asked for that.
    const upload = await send('/v2/shop/app/blobs/uploads/', { method: 'POST', headers });
    expect(upload.status).toBe(401);
    expect(upload.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  it.each<[string, RequestOptions, number]>([
    ['a wrong token', { user: { name: 'x', password: 'wrong' } }, 401],
    ['a Bearer token', { headers: { authorization: 'Bearer x' } }, 401],
    ['another method', { method: 'POST' }, 405],
  ])('refuses %s', async (_, options, status) => expect((await send(PATH, options)).status).toBe(status));

  it('gives nobody a token that is good for what all may', async () => {
    const { token } = jsonOf(await send('/openshift/token?scope=repository:public/app:pull')) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    expect((await send(MANIFEST('public'), { headers })).status).toBe(200);
    expect((await send(MANIFEST('shop'), { headers })).status).toBe(401);
  });
});

describe('the registry', () => {
  it.each(['', 'a', 'a:b', 'system:serviceaccount:shop:default'])('takes a token under the name %j', async (name) => {
    const authorization = `Basic ${Buffer.from(`${name}:${tokens['default']}`).toString('base64')}`;
    expect((await send('/v2/', { headers: { authorization } })).status).toBe(200);
  });

  it('asks who does not say who he is to get a token', async () => {
    const answer = await send(MANIFEST('shop'));
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(`Bearer realm="${url()}/openshift/token"`);
    expect(errorOf(answer)?.code).toBe('UNAUTHORIZED');
  });

  it('knows the word anonymous as nobody', async () => {
    const headers = { authorization: 'Bearer anonymous' };
    expect((await send(MANIFEST('public'), { headers })).status).toBe(200);
    expect((await send(MANIFEST('shop'), { headers })).status).toBe(401);
    const absent = await send('/v2/public/absent/tags/list', { headers });
    expect([absent.status, errorOf(absent)?.code]).toEqual([404, 'NAME_UNKNOWN']);
  });

  it('lets everybody who is known pull what is in the namespace openshift, and push nothing there', async () => {
    const manifest = `/v2/openshift/app/manifests/v1`;
    expect((await sendAs('default', manifest)).status).toBe(200);
    expect((await send(manifest)).status).toBe(401);
    expect((await sendAs('builder', '/v2/openshift/app/blobs/uploads/', 'POST')).status).toBe(403);
  });

  it('lets an upload be cancelled by who may push', async () => {
    const opened = await sendAs('builder', '/v2/shop/app/blobs/uploads/', 'POST');
    expect(opened.status).toBe(202);
    const { pathname, search } = new URL(String(opened.headers['location']), url());
    expect((await sendAs('default', pathname + search, 'DELETE')).status).toBe(403);
    expect((await sendAs('builder', pathname + search, 'DELETE')).status).toBe(204);
  });

  it.each<[string, string, string, string, object[]]>([
    [
      'push',
      'default',
      'POST',
      '/v2/shop/app/blobs/uploads/',
      [{ type: 'repository', name: 'shop/app', action: 'push' }],
    ],
    ['delete', 'builder', 'DELETE', MANIFEST('shop'), [{ type: 'repository', name: 'shop/app', action: 'delete' }]],
    ['list all', 'builder', 'GET', '/v2/_catalog', [{ type: 'registry', name: 'catalog', action: '*' }]],
    ['read metrics', 'builder', 'GET', '/extensions/v2/metrics', [{ type: 'metrics', name: '', action: 'get' }]],
    [
      'prune',
      'builder',
      'DELETE',
      `/admin/blobs/${image.descriptor.digest}`,
      [{ type: 'admin', name: '', action: 'prune' }],
    ],
  ])('names the rights that are missing to %s', async (_, who, method, path, missing) => {
    const answer = await sendAs(who, path, method);
    expect({ status: answer.status, error: errorOf(answer) }).toMatchObject({
      status: 403,
      error: { code: 'DENIED', detail: missing },
    });
  });

  it.each([
    ['metrics', 'monitor', 'GET', '/extensions/v2/metrics', 200],
    ['the catalog', 'admin', 'GET', '/v2/_catalog', 200],
    ['pruning of what is not there', 'admin', 'DELETE', `/admin/blobs/sha256:${'0'.repeat(64)}`, 204],
  ])('gives %s to who may', async (_, who, method, path, status) => {
    expect((await sendAs(who, path, method)).status).toBe(status);
  });
});
