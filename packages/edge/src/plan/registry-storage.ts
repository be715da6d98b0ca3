import type { Intent } from './intent.js';
import type { DiskLayout } from './layout.js';
import { PlanError } from './plan-error.js';

/** Names that the registry's objects share; the class, claim and volume must agree in them. */
export const REGISTRY = {
  storageClass: 'image-registry-sc',
  claim: 'image-registry-pvc',
  claimNamespace: 'openshift-image-registry',
  volume: 'image-registry-pv-filesystem',
} as const;

/** What the XFS log and headers take at most: 1/2048 of the partition, 64 MiB at least, and some MiB of headers. */
export function filesystemOverheadMiB(partitionMiB: number): number {
  return Math.max(64, Math.ceil(partitionMiB / 2048)) + 4;
}

/** One object of the registry's storage: the source CR that it comes from, and what is laid over it. */
export interface RegistryPart {
  fileName: string;
  policyName: string;
  wave: number;
  /** Whether the wave differs from that of the source CR and has to be written. */
  writesWave: boolean;
  overlay: { complianceType?: string; metadata?: object; spec?: object };
  /** The whole object, for generators that lay nothing over. */
  object: object;
}

/** The waves of the source CRs, in the order of the parts (edge.md 4.5). */
const DEFAULT_WAVES = [2, 10, 10, 11];

/**
 * The objects that give the registry its partition, in the order in which they must be applied; none when no registry is
 * wanted.
 * @throws PlanError when the partition is too small for a volume, or of unknown size
 */
export function registryParts({ wave }: Intent, { partitions }: DiskLayout): RegistryPart[] {
  const partition = partitions.find(({ purpose }) => purpose === 'registry');
  if (partition === undefined) return [];
  const storage = `${capacityGi(partition.actualMiB)}Gi`;
  const parts = [volumePart(storage, partition.mountPoint), classPart(), claimPart(storage), configPart()];
  return parts.map((part, index) => ({
    ...part,
    wave: wave === undefined ? (DEFAULT_WAVES[index] ?? 0) : wave + index,
    writesWave: wave !== undefined,
  }));
}

type UnorderedPart = Omit<RegistryPart, 'wave' | 'writesWave'>;

function volumePart(storage: string, path: string): UnorderedPart {
  const spec = { capacity: { storage }, local: { path } };
  return {
    fileName: 'ImageRegistryPV.yaml',
    policyName: 'pv-for-image-registry',
    overlay: { spec },
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: REGISTRY.volume },
      spec: {
        ...spec,
        accessModes: ['ReadWriteMany'],
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [MASTERS] }] } },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: REGISTRY.storageClass,
        volumeMode: 'Filesystem',
      },
    },
  };
}

function classPart(): UnorderedPart {
  const metadata = { name: REGISTRY.storageClass };
  return {
    fileName: 'StorageClass.yaml',
    policyName: 'sc-for-image-registry',
    overlay: { metadata },
    object: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata,
      provisioner: 'kubernetes.io/no-provisioner',
      reclaimPolicy: 'Delete',
    },
  };
}

function claimPart(storage: string): UnorderedPart {
  const metadata = { name: REGISTRY.claim, namespace: REGISTRY.claimNamespace };
  const spec = {
    accessModes: ['ReadWriteMany'],
    resources: { requests: { storage } },
    storageClassName: REGISTRY.storageClass,
    volumeMode: 'Filesystem',
  };
  return {
    fileName: 'StoragePVC.yaml',
    policyName: 'pvc-for-image-registry',
    overlay: { metadata, spec },
    object: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec },
  };
}

function configPart(): UnorderedPart {
  const spec = { storage: { pvc: { claim: REGISTRY.claim } } };
  return {
    fileName: 'ImageRegistryConfig.yaml',
    policyName: 'config-for-image-registry',
    // mustonlyhave would fight the operator over the fields that it writes itself (EL014).
    overlay: { complianceType: 'musthave', spec },
    object: {
      apiVersion: 'imageregistry.operator.openshift.io/v1',
      kind: 'Config',
      metadata: { name: 'cluster' },
      spec: { ...spec, managementState: 'Managed', replicas: 1, rolloutStrategy: 'Recreate' },
    },
  };
}

const MASTERS = { key: 'node-role.kubernetes.io/master', operator: 'In', values: [''] };

/** The whole GiB that a file system on the partition can hold. */
function capacityGi(partitionMiB: number | undefined): number {
  if (partitionMiB === undefined) {
    throw new PlanError('without the size of the disk the size of the registry volume is unknown', 'diskSize');
  }
  const gi = Math.floor((partitionMiB - filesystemOverheadMiB(partitionMiB)) / 1024);
  if (gi < 1) throw new PlanError(`a partition of ${partitionMiB} MiB has no room for a volume of 1 GiB`, 'partitions');
  return gi;
}

/** `namespace.name` of a policy is limited, as it becomes one label value (edge.md 4.3). */
const MAX_POLICY_NAME = 63;

/**
 * Holds the names of the policies against what the cluster takes.
 * @throws PlanError
 */
export function checkPolicyNames({ namespace, policyName }: Intent, parts: readonly RegistryPart[]): void {
  for (const { policyName: part } of parts) {
    const whole = `${namespace}.${policyName}-${part}`;
    if (whole.length > MAX_POLICY_NAME) {
      throw new PlanError(
        `the policy ${whole} has ${whole.length} characters, at most ${MAX_POLICY_NAME} are allowed; choose a shorter policyName`,
        'policyName',
      );
    }
  }
}
