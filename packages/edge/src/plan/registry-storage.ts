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

/**
 * The objects that give the registry its partition, in the order in which they must be applied; none when no registry is
 * wanted. Default waves are those of the source CRs (edge.md 4.5).
 * @throws PlanError when the partition is too small for a volume, or of unknown size
 */
export function registryParts(intent: Intent, { partitions }: DiskLayout): RegistryPart[] {
  const partition = partitions.find(({ purpose }) => purpose === 'registry');
  if (partition === undefined) return [];
  const storage = `${capacityGi(partition.actualMiB)}Gi`;
  const claimSpec = {
    accessModes: ['ReadWriteMany'],
    resources: { requests: { storage } },
    storageClassName: REGISTRY.storageClass,
    volumeMode: 'Filesystem',
  };
  const volumeSpec = { capacity: { storage }, local: { path: partition.mountPoint } };
  const configSpec = { storage: { pvc: { claim: REGISTRY.claim } } };
  const waves = intent.wave === undefined ? [2, 10, 10, 11] : [0, 1, 2, 3].map((step) => (intent.wave ?? 0) + step);
  const [pvWave = 0, classWave = 0, claimWave = 0, configWave = 0] = waves;
  const writesWave = intent.wave !== undefined;
  return [
    {
      fileName: 'ImageRegistryPV.yaml',
      policyName: 'pv-for-image-registry',
      wave: pvWave,
      writesWave,
      overlay: { spec: volumeSpec },
      object: {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: REGISTRY.volume },
        spec: {
          ...volumeSpec,
          accessModes: ['ReadWriteMany'],
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [MASTERS] }] } },
          persistentVolumeReclaimPolicy: 'Delete',
          storageClassName: REGISTRY.storageClass,
          volumeMode: 'Filesystem',
        },
      },
    },
    {
      fileName: 'StorageClass.yaml',
      policyName: 'sc-for-image-registry',
      wave: classWave,
      writesWave,
      overlay: { metadata: { name: REGISTRY.storageClass } },
      object: {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: REGISTRY.storageClass },
        provisioner: 'kubernetes.io/no-provisioner',
        reclaimPolicy: 'Delete',
      },
    },
    {
      fileName: 'StoragePVC.yaml',
      policyName: 'pvc-for-image-registry',
      wave: claimWave,
      writesWave,
      overlay: { metadata: { name: REGISTRY.claim, namespace: REGISTRY.claimNamespace }, spec: claimSpec },
      object: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: REGISTRY.claim, namespace: REGISTRY.claimNamespace },
        spec: claimSpec,
      },
    },
    {
      fileName: 'ImageRegistryConfig.yaml',
      policyName: 'config-for-image-registry',
      wave: configWave,
      writesWave,
      // mustonlyhave would fight the operator over the fields that it writes itself (EL014).
      overlay: { complianceType: 'musthave', spec: configSpec },
      object: {
        apiVersion: 'imageregistry.operator.openshift.io/v1',
        kind: 'Config',
        metadata: { name: 'cluster' },
        spec: { ...configSpec, managementState: 'Managed', replicas: 1, rolloutStrategy: 'Recreate' },
      },
    },
  ];
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
