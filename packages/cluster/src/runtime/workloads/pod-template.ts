import { createHash } from 'node:crypto';
import { LabelSelector, type KubeObject, type LabelSelectorObject, type OwnerReference } from '@longshore/kube';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';

/** The reference of an object that is made and kept by another. */
export function controllerReference({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  const { name = '', uid = '' } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Those of the objects that the owner controls. */
export function controlledBy<T extends KubeObject>(owner: KubeObject, objects: readonly T[]): T[] {
  return objects.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === owner.metadata.uid),
  );
}

/** The key of the controller of an object, `namespace/name`, when it is of that kind. */
export function controllerKeys(kind: string): (object: KubeObject) => string[] {
  return ({ metadata }) => {
    const owner = metadata.ownerReferences?.find((one) => one.controller === true && one.kind === kind);
    return owner === undefined ? [] : [`${metadata.namespace}/${owner.name}`];
  };
}

/** A pod as its template describes it. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  meta: KubeObject['metadata'] = {},
): KubeObject {
  const { labels, annotations, finalizers } = (template.metadata ?? {}) as KubeObject['metadata'];
  const { name = '', namespace = '' } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, ...meta.labels },
      annotations: { ...annotations, ...meta.annotations },
      finalizers: [...(finalizers ?? []), ...(meta.finalizers ?? [])],
      ownerReferences: [controllerReference(owner)],
    },
    spec: structuredClone(template.spec),
  };
}

export function selectorOf({ spec }: KubeObject): LabelSelector {
  return LabelSelector.fromObject((spec as { selector?: LabelSelectorObject }).selector ?? {});
}

/** Letters in which Kubernetes writes hashes: no vowels, so no words (`rand.SafeEncodeString`). */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const HASH_LENGTH = 10;

/** A short name for the content of a template; `collisions`: how often it was taken by another. */
export function templateHash(template: PodTemplateSpec, collisions = 0): string {
  const digest = createHash('sha256').update(canonical(template)).update(String(collisions)).digest();
  return [...digest.subarray(0, HASH_LENGTH)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, content]) => content !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, content]) => `${JSON.stringify(key)}:${canonical(content)}`)
    .join(',')}}`;
}

/** Whether a pod counts: it has not ended and is not about to. */
export function isActive({ metadata, status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && metadata.deletionTimestamp === undefined;
}

/** Milliseconds until a pod has been ready so long that it is available: 0 when it is, undefined while it is not ready. */
export function untilAvailable({ status }: Pod, minReadySeconds: number, now: number): number | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return undefined;
  const since = Date.parse(ready.lastTransitionTime as unknown as string);
  return Math.max(0, since + minReadySeconds * 1000 - now);
}
