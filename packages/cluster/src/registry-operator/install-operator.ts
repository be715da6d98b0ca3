import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_USER, type ApiServer, type ObjectAccess } from '@longshore/apiserver';
import { hasReason, isConditionTrue, KubeClient, type Condition, type KubeObject } from '@longshore/kube';
import { ensure, type Wanted } from '../bootstrap/index.js';
import { CONFIG, CONFIGS, DEPLOYMENTS, firstConfig, NAMESPACE, OPERATOR, operatorObjects } from './operator-objects.js';

export interface InstallOptions {
  /** Of Longshore. */
  version: string;
  signal: AbortSignal;
}

/** Sum of what was installed: whoever changes an object afterwards keeps the change until another version brings another sum. */
const INSTALLED = 'longshore.dev/installed';
const RETRY_MS = 20;

/**
 * Makes the Image Registry Operator a part of the cluster, or brings it to this version. The controllers of the cluster must run.
 * Errors: ApiError.
 */
export async function installOperator(objects: ObjectAccess, options: InstallOptions): Promise<void> {
  const { version, signal } = options;
  const { definitions, rights, operator } = operatorObjects(version);
  for (const wanted of [...definitions, ...rights]) await apply(objects, wanted);
  for (const { resource, object } of definitions) await untilEstablished(objects, resource, object, signal);
  const isNew = (await objects.get(DEPLOYMENTS, NAMESPACE, OPERATOR)) === undefined;
  // Before the operator looks: it would make another one.
  if (isNew && (await objects.get(CONFIGS, '', CONFIG)) === undefined) await ensure(objects, firstConfig);
  for (const wanted of operator) await apply(objects, wanted);
}

async function apply(objects: ObjectAccess, { resource, object }: Wanted): Promise<void> {
  const sum = createHash('sha256').update(JSON.stringify(object)).digest('hex');
  const metadata = { ...object.metadata, annotations: { ...object.metadata.annotations, [INSTALLED]: sum } };
  const { namespace = '', name = '' } = metadata;
  const known = await ensure(objects, { resource, object: { ...object, metadata } });
  if (known.metadata.annotations?.[INSTALLED] === sum) return;
  await objects.change(resource, namespace, name, '', (current) => ({
    ...current,
    ...object,
    metadata: {
      ...current.metadata,
      labels: { ...current.metadata.labels, ...metadata.labels },
      annotations: { ...current.metadata.annotations, ...metadata.annotations },
    },
  }));
}

type Definition = KubeObject & { status?: { conditions?: Condition[] } };

async function untilEstablished(
  objects: ObjectAccess,
  resource: string,
  { metadata: { name = '' } }: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const definition = await objects.get<Definition>(resource, '', name);
    if (isConditionTrue(definition?.status?.conditions, 'Established')) return;
    await sleep(RETRY_MS, undefined, { signal });
  }
}

const WORKLOADS = [
  ['apps', 'deployments', OPERATOR],
  ['apps', 'deployments', 'image-registry'],
  ['apps', 'daemonsets', 'node-ca'],
  ['batch', 'cronjobs', 'image-pruner'],
] as const;

/**
 * Takes away what an operator runs, for a cluster that runs its registry itself. What the operator was told, and the images, stay
 * for the day it comes back. Errors: ApiError.
 */
export async function uninstallOperator(api: ApiServer): Promise<void> {
  const client = new KubeClient(api.transport(SERVER_USER));
  try {
    for (const [group, resource, name] of WORKLOADS) {
      const options = { namespace: NAMESPACE, propagationPolicy: 'Background' } as const;
      await client.delete({ group, version: 'v1', resource }, name, options).catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
  } finally {
    await client.close();
  }
}
