import type { KubeObject } from '@longshore/kube';
import type { Claim, PersistentVolume } from './claim-plan.js';

export const CLAIMS = 'persistentvolumeclaims';
export const VOLUMES = 'persistentvolumes';
export const STORAGE_CLASS = 'longshore-local';

const PROTECTION = 'kubernetes.io/pvc-protection';
const PROVISIONER = 'runtime.longshore.dev/local-folder';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const BOUND = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };

/** The class of claims that name none. */
export const localStorageClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
};

/** The name of the volume that is made for a claim. */
export function provisionedName({ metadata }: Claim): string {
  return `pvc-${metadata.uid}`;
}

/** A volume for a claim, in a folder of this machine. */
export function provisionedVolume(claim: Claim, path: string): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: provisionedName(claim), annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: requestedStorage(claim) },
      hostPath: { path, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: claim.spec.storageClassName ?? STORAGE_CLASS,
      volumeMode: 'Filesystem',
      claimRef: referenceTo(claim),
    } as PersistentVolume['spec'],
  };
}

/** Whether a volume was made here for a claim. */
export function isProvisioned({ metadata }: PersistentVolume): boolean {
  return metadata.annotations?.[PROVISIONED_BY] === PROVISIONER;
}

/** The volume as the one of a claim. */
export function claimedVolume({ spec, ...rest }: PersistentVolume, claim: Claim): PersistentVolume {
  return { ...rest, spec: { ...spec, claimRef: referenceTo(claim) } };
}

/** The claim with its volume: from now on it outlives its deletion while a pod uses it. */
export function boundClaim({ metadata, spec, ...rest }: Claim, volumeName: string): Claim {
  const finalizers = [...new Set([...(metadata.finalizers ?? []), PROTECTION])];
  return {
    ...rest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...BOUND }, finalizers },
    spec: { ...spec, volumeName },
  };
}

/** The claim that no pod uses any more. */
export function unprotectedClaim({ metadata, ...rest }: Claim): Claim {
  const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== PROTECTION);
  return { ...rest, metadata: { ...metadata, finalizers } };
}

/** `10Gi`: what a claim asks for. */
export function requestedStorage({ spec }: Claim): string | undefined {
  return spec.resources?.requests?.['storage'];
}

function referenceTo({ metadata: { name, namespace, uid } }: Claim) {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
}
