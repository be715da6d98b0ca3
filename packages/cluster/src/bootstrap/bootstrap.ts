import { randomUUID } from 'node:crypto';
import type { ObjectAccess } from '@longshore/apiserver';
import { clusterObjects } from './cluster-objects.js';
import { ensure } from './ensure.js';
import { BOOTSTRAP_NAMESPACES, namespaceContents } from './namespaces.js';
import { nodeName, thisNode } from './this-node.js';

export interface BootstrapFacts {
  apiUrl: string;
  version: string;
  /** PEM of the authority of the API server. */
  authority: string;
}

/** Makes what a new cluster has and this one has not. What users changed stays as they left it. */
export async function bootstrap(objects: ObjectAccess, { apiUrl, version, authority }: BootstrapFacts): Promise<void> {
  for (const name of BOOTSTRAP_NAMESPACES) {
    await ensure(objects, {
      resource: 'namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
  }
  for (const wanted of clusterObjects({ apiUrl, version, clusterId: randomUUID() })) await ensure(objects, wanted);
  for (const name of BOOTSTRAP_NAMESPACES) {
    for (const wanted of namespaceContents(name, authority)) await ensure(objects, wanted);
  }
  await registerNode(objects, version);
}

/** The node says anew how it is, at each start. */
async function registerNode(objects: ObjectAccess, version: string): Promise<void> {
  const wanted = thisNode(version, new Date());
  const node = await ensure(objects, { resource: 'nodes', object: wanted });
  if (node.metadata.name === nodeName()) await objects.updateStatus('nodes', { ...node, status: wanted.status });
}
