import type { KubeObject, ResourceType } from '@longshore/kube';
import { isPodCounted, usesOfBuild, usesOfPod, usesOfTemplate, type ImageUses } from './image-uses.js';

/** A kind whose objects use images. */
export interface ImageUserKind {
  kind: string;
  type: ResourceType;
  /** A cluster may be without it. */
  isOptional?: boolean;
  /** Whoever may not read it is only warned (registry.md 8.1). */
  mayBeForbidden?: boolean;
  /** Undefined for an object that no longer counts. `notBefore`: what was made later always counts. */
  usesOf: (object: KubeObject, notBefore: number) => ImageUses | undefined;
}

const TEMPLATE = ['spec', 'template', 'spec'];

function workload(kind: string, group: string, resource: string, more: Partial<ImageUserKind> = {}): ImageUserKind {
  const path = resource === 'cronjobs' ? ['spec', 'jobTemplate', ...TEMPLATE] : TEMPLATE;
  return { kind, type: { group, version: 'v1', resource }, usesOf: (object) => usesOfTemplate(object, path), ...more };
}

function build(kind: string, resource: string): ImageUserKind {
  return {
    kind,
    type: { group: 'build.openshift.io', version: 'v1', resource },
    isOptional: true,
    usesOf: usesOfBuild,
  };
}

const mayBeForbidden = true;

/** registry.md 8.2 step 1. */
export const IMAGE_USER_KINDS: readonly ImageUserKind[] = [
  workload('ReplicationController', '', 'replicationcontrollers', { isOptional: true }),
  build('BuildConfig', 'buildconfigs'),
  build('Build', 'builds'),
  workload('DaemonSet', 'apps', 'daemonsets', { mayBeForbidden }),
  workload('Deployment', 'apps', 'deployments', { mayBeForbidden }),
  workload('DeploymentConfig', 'apps.openshift.io', 'deploymentconfigs', { isOptional: true }),
  workload('ReplicaSet', 'apps', 'replicasets', { mayBeForbidden }),
  workload('StatefulSet', 'apps', 'statefulsets'),
  workload('Job', 'batch', 'jobs'),
  workload('CronJob', 'batch', 'cronjobs'),
  // Last: what the others made meanwhile is seen here.
  {
    kind: 'Pod',
    type: { group: '', version: 'v1', resource: 'pods' },
    usesOf: (pod, notBefore) => (isPodCounted(pod, notBefore) ? usesOfPod(pod) : undefined),
  },
];
