import type { KubeObject } from '@longshore/kube';
import type { Config, ConfigSpec, ImagePruner, Storage } from './config/config.js';
import { CLUSTER, DEFAULT_CLAIM, FINALIZER, GROUP, NAMESPACE, OWNED, RESOURCES } from './names.js';
import type { Snapshot, Wanted } from './snapshot.js';
import type { StorageFacts } from './storage/storage-facts.js';
import { tlsProfile } from './operands/tls-profile.js';

/** How a registry starts on a platform. */
export interface PlatformDefaults {
  storage: Storage;
  replicas: number;
  managementState: 'Managed' | 'Removed';
  rolloutStrategy: 'RollingUpdate' | 'Recreate';
}

interface Infrastructure extends KubeObject {
  status?: {
    infrastructureName?: string;
    infrastructureTopology?: string;
    platform?: string;
    platformStatus?: { type?: string };
  };
}

const CLOUD_BACKENDS = { AWS: 's3', Azure: 'azure', GCP: 'gcs', IBMCloud: 'ibmcos', PowerVS: 'ibmcos' } as const;
const WITHOUT_STORAGE = new Set([
  'BareMetal',
  'VSphere',
  'None',
  'Nutanix',
  'KubeVirt',
  'EquinixMetal',
  'AlibabaCloud',
  'External',
]);
/** Storage classes of platforms whose first claim the operator makes. */
const CLASSES: Readonly<Record<string, string>> = { OpenStack: 'standard-csi', oVirt: 'ovirt-csi-sc' };

function infrastructureOf(snapshot: Snapshot): Infrastructure['status'] {
  return snapshot.find<Infrastructure>(RESOURCES.infrastructures, CLUSTER)?.status;
}

/** Type of the platform; `None` where nothing says it. */
function platformOf(snapshot: Snapshot): string {
  const status = infrastructureOf(snapshot);
  return status?.platformStatus?.type || status?.platform || 'None';
}

/** The row of the bootstrap table that holds here (operator.md 3). */
export function platformDefaults(snapshot: Snapshot, facts: StorageFacts): PlatformDefaults {
  const isSingle = infrastructureOf(snapshot)?.infrastructureTopology === 'SingleReplica';
  const row = rowOf(platformOf(snapshot), facts);
  return isSingle ? { ...row, replicas: 1 } : row;
}

function rowOf(platform: string, facts: StorageFacts): PlatformDefaults {
  const rolling = { managementState: 'Managed', rolloutStrategy: 'RollingUpdate' } as const;
  if (Object.hasOwn(CLOUD_BACKENDS, platform)) {
    const backend = CLOUD_BACKENDS[platform as keyof typeof CLOUD_BACKENDS];
    return { ...rolling, storage: { [backend]: {} }, replicas: 2 };
  }
  if (platform === 'OpenStack' && facts.swift !== undefined) return { ...rolling, storage: { swift: {} }, replicas: 2 };
  if (Object.hasOwn(CLASSES, platform)) {
    const storage = { pvc: { claim: DEFAULT_CLAIM } };
    return { storage, replicas: 1, managementState: 'Managed', rolloutStrategy: 'Recreate' };
  }
  if (WITHOUT_STORAGE.has(platform)) {
    return { storage: {}, replicas: 1, managementState: 'Removed', rolloutStrategy: 'RollingUpdate' };
  }
  return { ...rolling, storage: { emptyDir: {} }, replicas: 1 };
}

/** The first Config, and the claim that goes with it. */
export function bootstrapConfig(snapshot: Snapshot, facts: StorageFacts): Wanted[] {
  const { storage, replicas, managementState, rolloutStrategy } = platformDefaults(snapshot, facts);
  const spec: ConfigSpec = {
    managementState,
    logLevel: 'Normal',
    operatorLogLevel: 'Normal',
    storage,
    proxy: {},
    defaultRoute: false,
    replicas,
    rolloutStrategy,
    observedConfig: { servingInfo: tlsProfile(snapshot) },
  };
  const metadata = { name: CLUSTER, finalizers: [FINALIZER] };
  const config: Config = { apiVersion: `${GROUP}/v1`, kind: 'Config', metadata, spec };
  return [...firstClaim(snapshot, storage), { type: RESOURCES.configs, object: config, createOnly: true }];
}

function firstClaim(snapshot: Snapshot, { pvc }: Storage): Wanted[] {
  const storageClassName = CLASSES[platformOf(snapshot)];
  if (pvc === undefined || storageClassName === undefined) return [];
  return [defaultClaim('ReadWriteOnce', { storageClassName })];
}

/** A claim of the operator's own: 100 GiB of files. */
export function defaultClaim(accessMode: string, more: object = {}): Wanted {
  return {
    type: RESOURCES.claims,
    createOnly: true,
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: DEFAULT_CLAIM, namespace: NAMESPACE, annotations: { [OWNED]: 'true' } },
      spec: {
        accessModes: [accessMode],
        resources: { requests: { storage: '100Gi' } },
        volumeMode: 'Filesystem',
        ...more,
      },
    },
  };
}

/** The first ImagePruner (operator.md 2). */
export function bootstrapPruner(): Wanted {
  const object: ImagePruner = {
    apiVersion: `${GROUP}/v1`,
    kind: 'ImagePruner',
    metadata: { name: CLUSTER },
    spec: {
      suspend: false,
      keepTagRevisions: 3,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      ignoreInvalidImageReferences: true,
    },
  };
  return { type: RESOURCES.imagePruners, object, createOnly: true };
}
