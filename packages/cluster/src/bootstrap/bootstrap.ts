import { randomUUID } from 'node:crypto';
import type { ObjectAccess } from '@longshore/apiserver';
import { BOOTSTRAP_CLUSTER_ROLES, RBAC_GROUP, withMissingRules, type ClusterRole } from '../rbac/index.js';
import { clusterObjects, clusterVersion } from './cluster-objects.js';
import { ensure } from './ensure.js';
import { BOOTSTRAP_NAMESPACES, namespaceContents } from './namespaces.js';
import { keepRootCertificates } from './root-certificates.js';
import { nodeName, thisNode } from './this-node.js';

const INFRASTRUCTURES = 'infrastructures.config.openshift.io';
const CLUSTER_VERSIONS = 'clusterversions.config.openshift.io';

export interface BootstrapFacts {
  apiUrl: string;
  version: string;
  /** PEM of the authority of the API server. */
  authority: string;
}

/** Makes what a cluster has and this one has not. What users changed stays as they left it. */
export async function bootstrap(objects: ObjectAccess, { apiUrl, version, authority }: BootstrapFacts): Promise<void> {
  for (const name of BOOTSTRAP_NAMESPACES) {
    await ensure(objects, {
      resource: 'namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
  }
  for (const wanted of clusterObjects(apiUrl)) await ensure(objects, wanted);
  await updateStatus(objects, INFRASTRUCTURES, 'cluster', { apiServerInternalURI: apiUrl, apiServerURL: apiUrl });
  for (const newest of BOOTSTRAP_CLUSTER_ROLES) await updateRole(objects, newest);
  for (const name of BOOTSTRAP_NAMESPACES) {
    for (const wanted of namespaceContents(name)) await ensure(objects, wanted);
    await keepRootCertificates(objects, name, authority);
  }
  await registerNode(objects, version);
}

/** What is said of the cluster is so now: it may have another address or version at each start. */
async function updateStatus(objects: ObjectAccess, resource: string, name: string, now: object): Promise<void> {
  await objects.change(resource, '', name, 'status', (object) => {
    return { ...object, status: { ...(object.status as object | undefined), ...now } };
  });
}

/** A newer version of Longshore may give a role further rules. */
async function updateRole(objects: ObjectAccess, newest: ClusterRole): Promise<void> {
  const resource = `clusterroles.${RBAC_GROUP}`;
  const known = await objects.get<ClusterRole>(resource, '', newest.metadata.name ?? '');
  const updated = known && withMissingRules(known, newest);
  if (updated !== undefined) await objects.update(resource, updated);
}

/** The node says anew how it is, at each start. */
async function registerNode(objects: ObjectAccess, version: string): Promise<void> {
  const wanted = thisNode(version, new Date());
  const node = await ensure(objects, { resource: 'nodes', object: wanted });
  if (node.metadata.name === nodeName()) await objects.updateStatus('nodes', { ...node, status: wanted.status });
}

/** Whether this cluster has never been whole: {@link completeBootstrap} has not been called. */
export async function isNewCluster(objects: ObjectAccess): Promise<boolean> {
  return (await objects.get(CLUSTER_VERSIONS, '', 'version')) === undefined;
}

/** The last step of a new cluster: what the steps before it made is never made again. */
export async function completeBootstrap(objects: ObjectAccess, version: string): Promise<void> {
  await ensure(objects, { resource: CLUSTER_VERSIONS, object: clusterVersion(version, randomUUID()) });
  await updateStatus(objects, CLUSTER_VERSIONS, 'version', { desired: { version } });
}
