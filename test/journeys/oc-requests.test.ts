import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addUsers,
  askForToken,
  kubeadminPassword,
  requestTo,
  startCluster,
  tokenOf,
  type HttpResponse,
  type RunningCluster,
  type Target,
} from '@longshore/testkit';

/** The requests that `oc` sends beside those of kubectl, in its order and with its bodies. */

const PROJECTS = '/apis/project.openshift.io/v1/projects';
const REQUESTS = '/apis/project.openshift.io/v1/projectrequests';
const REVIEWS = '/apis/authorization.openshift.io/v1/subjectaccessreviews';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const RBAC_GROUP = 'rbac.authorization.k8s.io';

let cluster: RunningCluster;
let api: Target;
let kubeadmin: string;
let alice: string;

beforeAll(async () => {
  cluster = await startCluster();
  api = { url: cluster.apiUrl, ca: await cluster.ca() };
  expect((await askForToken(cluster)).headers['www-authenticate']).toBe('Basic realm="openshift"');
  kubeadmin = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster));
  await addUsers(cluster, [{ name: 'alice', password: 'correct horse' }]);
  alice = await tokenOf(cluster, 'alice', 'correct horse');
});
afterAll(() => cluster?.stop());

/** One request and the body of its answer, which must have this status. */
async function send<T = Record<string, unknown>>(
  token: string,
  status: number,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json, */*',
    'content-type': 'application/json',
    'user-agent': 'oc/4.20.0 (linux/amd64) kubernetes/1a2b3c4',
  };
  const answer: HttpResponse = await requestTo(api, path, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([answer.status, answer.body.toString()], `${method} ${path}`).toEqual([status, expect.anything()]);
  return JSON.parse(answer.body.toString()) as T;
}

interface Named {
  metadata: { name: string; uid: string; resourceVersion: string };
}
const namesOf = ({ items }: { items: Named[] }) => items.map(({ metadata }) => metadata.name);

describe('oc login', () => {
  it('finds a server and what it is', async () => {
    const root = await requestTo(api, '/', { method: 'HEAD' });
    expect([root.status, root.body.length]).toEqual([403, 0]);
    expect(JSON.parse((await requestTo(api, '/version')).body.toString())).toMatchObject({ major: '1', minor: '32' });
  });

  it('learns that a new user has no projects and may request one', async () => {
    expect(await send(alice, 200, 'GET', '/apis/user.openshift.io/v1/users/~')).toMatchObject({
      kind: 'User',
      metadata: { name: 'alice' },
      groups: ['system:authenticated', 'system:authenticated:oauth'],
    });
    expect((await send<{ items: Named[] }>(alice, 200, 'GET', PROJECTS)).items).toEqual([]);
    expect((await send(alice, 403, 'GET', `${PROJECTS}/default`)).message).toBe(
      'projects.project.openshift.io "default" is forbidden: User "alice" cannot get resource "projects" in API group "project.openshift.io" in the namespace "default"',
    );
    for (const verb of ['list', 'create']) {
      const review = {
        kind: 'SubjectAccessReview',
        apiVersion: 'authorization.openshift.io/v1',
        namespace: 'default',
        verb,
        resourceAPIGroup: '',
        resourceAPIVersion: '',
        resource: 'projectrequests',
        resourceName: '',
        path: '',
        isNonResourceURL: false,
        user: '',
        groups: null,
        scopes: null,
      };
      const answer = await send(alice, 201, 'POST', REVIEWS, review);
      expect(answer).toMatchObject({ kind: 'SubjectAccessReviewResponse', namespace: 'default', allowed: true });
      expect(await send(alice, 201, 'POST', REVIEWS, { ...review, resource: 'secrets' })).toMatchObject({
        allowed: false,
      });
      await send(alice, 403, 'POST', REVIEWS, { ...review, user: 'bob' });
      expect(await send(kubeadmin, 201, 'POST', REVIEWS, { ...review, user: 'bob' })).toMatchObject({ allowed: false });
    }
  });
});

describe('oc new-project, project and delete project', () => {
  const request = {
    kind: 'ProjectRequest',
    apiVersion: 'project.openshift.io/v1',
    metadata: { name: 'bakery', creationTimestamp: null },
    displayName: 'The bakery',
  };

  it('asks whether it may, and makes one', async () => {
    expect(await send(alice, 200, 'GET', REQUESTS)).toMatchObject({ kind: 'Status', status: 'Success' });
    await send(alice, 201, 'POST', `${REQUESTS}?dryRun=All`, request);
    expect(namesOf(await send(alice, 200, 'GET', PROJECTS))).toEqual([]);
    expect(await send(alice, 201, 'POST', REQUESTS, request)).toMatchObject({
      kind: 'Project',
      metadata: { name: 'bakery', annotations: { 'openshift.io/requester': 'alice' } },
    });
    expect((await send(alice, 409, 'POST', REQUESTS, request)).message).toBe(
      'project.project.openshift.io "bakery" already exists',
    );
    await send(alice, 200, 'GET', `${PROJECTS}/bakery`);
    expect(namesOf(await send(alice, 200, 'GET', PROJECTS))).toEqual(['bakery']);
  });

  it('lets its administrator change what it is called, and nothing by which namespaces are ruled', async () => {
    const project = await send<Named & { metadata: { annotations: object } }>(alice, 200, 'GET', `${PROJECTS}/bakery`);
    const { metadata } = project;
    const annotations = { ...metadata.annotations, 'openshift.io/display-name': 'Bread' };
    const renamed = { ...project, metadata: { ...metadata, annotations } };
    expect(await send(alice, 200, 'PUT', `${PROJECTS}/bakery`, renamed)).toMatchObject({ metadata: { annotations } });
    const labelled = { ...project, metadata: { name: 'bakery', annotations, labels: { privileged: 'yes' } } };
    expect((await send(alice, 422, 'PUT', `${PROJECTS}/bakery`, labelled)).message).toContain('field is immutable');
    await send(alice, 200, 'GET', '/api/v1/namespaces/bakery');
    await send(alice, 403, 'PUT', '/api/v1/namespaces/bakery', { metadata: { name: 'bakery' } });
  });

  it('gives and takes roles in it, and none that alice has not', async () => {
    const bindings = `${RBAC}/namespaces/bakery/rolebindings`;
    const binding = (role: string, ...users: string[]) => ({
      kind: 'RoleBinding',
      apiVersion: `${RBAC_GROUP}/v1`,
      metadata: { name: role, namespace: 'bakery', creationTimestamp: null },
      subjects: users.map((name) => ({ kind: 'User', apiGroup: RBAC_GROUP, name })),
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: role },
    });
    await send(alice, 200, 'GET', `${RBAC}/clusterroles/registry-viewer`);
    await send(alice, 200, 'GET', bindings);
    const made = await send<Named>(alice, 201, 'POST', bindings, binding('registry-viewer', 'bob'));
    const { resourceVersion, uid } = made.metadata;
    const more = binding('registry-viewer', 'bob', 'carol');
    const named = { ...more, metadata: { ...more.metadata, resourceVersion, uid } };
    await send(alice, 200, 'PUT', `${bindings}/registry-viewer`, named);
    await send(alice, 200, 'DELETE', `${bindings}/registry-viewer`);
    const refused = await send(alice, 403, 'POST', bindings, binding('cluster-admin', 'alice'));
    expect(refused.message).toContain('is attempting to grant RBAC permissions not currently held');
  });

  it('keeps it on a dry run, and hears of its end', async () => {
    await send(alice, 200, 'DELETE', `${PROJECTS}/bakery?dryRun=All`);
    expect((await send<{ metadata: object }>(alice, 200, 'GET', `${PROJECTS}/bakery`)).metadata).not.toHaveProperty(
      'deletionTimestamp',
    );
    await send(alice, 200, 'DELETE', `${PROJECTS}/bakery`);
    const one = `${PROJECTS}?fieldSelector=metadata.name%3Dbakery`;
    const { items, metadata } = await send<{ items: Named[]; metadata: { resourceVersion: string } }>(
      alice,
      200,
      'GET',
      one,
    );
    if (items.length === 0) return;
    const watch = `${one}&resourceVersion=${metadata.resourceVersion}&watch=true&timeoutSeconds=3`;
    const events = await requestTo(api, watch, { headers: { authorization: `Bearer ${alice}` } });
    expect(events.body.toString()).toContain('"type":"DELETED"');
  });

  it('is told when it may not request one', async () => {
    const path = `${RBAC}/clusterrolebindings/self-provisioners`;
    const binding = await send(kubeadmin, 200, 'GET', path);
    await send(kubeadmin, 200, 'PUT', path, { ...binding, subjects: [] });
    expect(await send(alice, 403, 'GET', REQUESTS)).toMatchObject({
      reason: 'Forbidden',
      message: 'You may not request a new project via this API.',
    });
    await send(alice, 403, 'POST', REQUESTS, request);
  });
});

describe('oc adm', () => {
  it('gives cluster roles and keeps groups', async () => {
    await send(kubeadmin, 201, 'POST', `${RBAC}/clusterrolebindings`, {
      kind: 'ClusterRoleBinding',
      apiVersion: `${RBAC_GROUP}/v1`,
      metadata: { name: 'cluster-reader', creationTimestamp: null },
      subjects: [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'alice' }],
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-reader' },
    });
    await send(alice, 200, 'GET', '/api/v1/nodes');
    await send(alice, 403, 'GET', '/api/v1/secrets');
    const groups = '/apis/user.openshift.io/v1/groups';
    const group = { kind: 'Group', apiVersion: 'user.openshift.io/v1', metadata: { name: 'crew' }, users: null };
    const made = await send<Named>(kubeadmin, 201, 'POST', groups, group);
    await send(kubeadmin, 200, 'PUT', `${groups}/crew`, { ...made, users: ['alice'] });
    const me = await send<{ groups: string[] }>(alice, 200, 'GET', '/apis/user.openshift.io/v1/users/~');
    expect(me.groups).toContain('crew');
  });

  it('finds no security context constraints', async () => {
    await requestTo(api, '/apis/security.openshift.io/v1/securitycontextconstraints/anyuid', {
      headers: { authorization: `Bearer ${kubeadmin}` },
    }).then(({ status }) => expect(status).toBe(404));
  });
});

describe('oc logout', () => {
  it('ends its token', async () => {
    const name = `sha256~${createHash('sha256').update(alice.slice('sha256~'.length)).digest('base64url')}`;
    await send(alice, 403, 'GET', '/apis/oauth.openshift.io/v1/oauthaccesstokens');
    await send(alice, 403, 'GET', `/apis/oauth.openshift.io/v1/oauthaccesstokens/${name}`);
    await send(alice, 200, 'DELETE', `/apis/oauth.openshift.io/v1/oauthaccesstokens/${name}`);
    await send(alice, 401, 'GET', '/apis/user.openshift.io/v1/users/~');
  });
});
