import type { ObjectAccess } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { namespaceContentsController } from '../controllers/index.js';
import { GroupIndex } from '../identity/group-index.js';
import { identityDefinitions } from '../identity/kinds/index.js';
import { KindServer } from '../kinds/testing/kind-server.js';
import { rbacDefinitions, RbacAuthorizer, RbacIndex } from '../rbac/index.js';
import { bootstrap, completeBootstrap } from './bootstrap.js';

type Said = KubeObject & { data?: Record<string, string>; status: Record<string, unknown> };

let kinds: KindServer;
let objects: ObjectAccess;
beforeAll(async () => {
  const index = new RbacIndex();
  const rbac = rbacDefinitions({ index, authorizer: new RbacAuthorizer(index) });
  kinds = await KindServer.start({}, [...rbac, ...identityDefinitions(new GroupIndex())]);
  objects = kinds.server.objects;
});
afterAll(() => kinds.stop());

const get = async (resource: string, name: string, namespace = '') =>
  (await objects.get<Said>(resource, namespace, name)) as Said;
const certificate = async () => (await get('configmaps', 'kube-root-ca.crt', 'default')).data;

describe('each start of a cluster', () => {
  beforeEach(async () => {
    await bootstrap(objects, { apiUrl: 'https://127.0.0.1:6443', version: '1.0.0', authority: 'one' });
    await completeBootstrap(objects, '1.0.0');
  });

  it('says where the cluster is now, which it is, and whom to trust', async () => {
    const { clusterID } = (await get('clusterversions.config.openshift.io', 'version')).spec as { clusterID: string };
    await bootstrap(objects, { apiUrl: 'https://127.0.0.1:7443', version: '1.1.0', authority: 'two' });
    await completeBootstrap(objects, '1.1.0');
    const { status } = await get('infrastructures.config.openshift.io', 'cluster');
    expect(status).toMatchObject({ apiServerURL: 'https://127.0.0.1:7443', platform: 'None' });
    expect(await get('clusterversions.config.openshift.io', 'version')).toMatchObject({
      spec: { clusterID },
      status: { desired: { version: '1.1.0' } },
    });
    expect(await certificate()).toEqual({ 'ca.crt': 'two' });
  });

  it('keeps the authority in each namespace, whatever is done to it', async () => {
    const controller = namespaceContentsController('three');
    const { signal } = new AbortController();
    const config = await get('configmaps', 'kube-root-ca.crt', 'default');
    expect(controller.follows['configmaps']?.(config)).toEqual(['default']);
    await controller.reconcile('default', objects, signal);
    expect(await certificate()).toEqual({ 'ca.crt': 'three' });
    await objects.delete('configmaps', 'default', 'kube-root-ca.crt');
    await controller.reconcile('default', objects, signal);
    expect(await certificate()).toEqual({ 'ca.crt': 'three' });
  });
});
