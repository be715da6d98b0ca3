import { LabelSelector, Quantity, type KubeObject } from '@longshore/kube';
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  PersistentVolumeSpec,
  PersistentVolumeStatus,
} from 'kubernetes-types/core/v1.js';

export type Claim = KubeObject & { spec: PersistentVolumeClaimSpec; status?: PersistentVolumeClaimStatus };
export type PersistentVolume = KubeObject & { spec: PersistentVolumeSpec; status?: PersistentVolumeStatus };

/** What becomes of a claim that has no volume yet. */
export type ClaimPlan =
  | { do: 'bind'; volume: PersistentVolume }
  /** A folder of this machine becomes its volume. */
  | { do: 'provision'; bytes: bigint }
  | { do: 'wait'; reason: string; message: string };

const NANO = 1_000_000_000n;

/** Bytes of an amount of storage; 0 for none. */
export function storageBytes(amounts: unknown): bigint {
  const text = (amounts as Record<string, string> | undefined)?.['storage'];
  return text === undefined ? 0n : Quantity.parse(text).nanos / NANO;
}

/**
 * Decides for a claim: a volume that is there and fits, the smallest first, else a new folder when the claim is of `ownClass`
 * or of none (Kubernetes' `pv_controller.go`). `freeBytes`: room on the disk.
 */
export function planClaim(
  claim: Claim,
  volumes: readonly PersistentVolume[],
  ownClass: string,
  freeBytes: bigint,
): ClaimPlan {
  const { spec } = claim;
  const wait = (reason: string, message: string): ClaimPlan => ({ do: 'wait', reason, message });
  if (spec.volumeName) {
    const named = volumes.find(({ metadata }) => metadata.name === spec.volumeName);
    if (named === undefined) return wait('FailedBinding', `volume "${spec.volumeName}" not found`);
    if (!isFree(named, claim))
      return wait('FailedBinding', `volume "${spec.volumeName}" already bound to a different claim.`);
    return { do: 'bind', volume: named };
  }
  const [smallest] = volumes
    .filter((volume) => isFree(volume, claim) && fits(volume, claim, ownClass))
    .sort((a, b) => compare(storageBytes(a.spec.capacity), storageBytes(b.spec.capacity)));
  if (smallest !== undefined) return { do: 'bind', volume: smallest };
  const className = spec.storageClassName ?? ownClass;
  if (className !== ownClass) {
    return wait(
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class of this machine is set',
    );
  }
  if (spec.volumeMode === 'Block') return wait('ProvisioningFailed', 'this machine gives folders, not block devices');
  const bytes = storageBytes(spec.resources?.requests);
  if (bytes > freeBytes) {
    return wait(
      'ProvisioningFailed',
      `the claim wants ${bytes} bytes, but the disk of the data folder has ${freeBytes} left`,
    );
  }
  return { do: 'provision', bytes };
}

/** What becomes of a claim that has a volume, and may ask for more than that gives. */
export type GrowthPlan =
  | { do: 'keep' }
  /** Its volume is gone. */
  | { do: 'lose'; reason: string; message: string }
  | { do: 'grow' }
  | { do: 'wait'; reason: string; message: string };

/** Decides for a bound claim. `isProvisioned`: the volume was made here; only such a one grows. */
export function planGrowth(
  claim: Claim,
  volume: { isProvisioned: boolean } | undefined,
  freeBytes: bigint,
): GrowthPlan {
  if (volume === undefined) {
    const message = 'Bound claim has lost its PersistentVolume. Data on the volume is lost!';
    return { do: 'lose', reason: 'ClaimLost', message };
  }
  const more = storageBytes(claim.spec.resources?.requests) - storageBytes(claim.status?.capacity);
  if (more <= 0n || !volume.isProvisioned) return { do: 'keep' };
  if (more <= freeBytes) return { do: 'grow' };
  const message = `the claim wants ${more} bytes more, but the disk of the data folder has ${freeBytes} left`;
  return { do: 'wait', reason: 'VolumeResizeFailed', message };
}

/** What becomes of a volume: the phase that it should have, or its end. */
export type ReclaimPlan = 'keep' | 'delete' | 'Available' | 'Released';

/**
 * Decides for a volume; `claim`: the one that it names, if that is there. A volume that was made for its claim goes with it;
 * others are kept for an administrator to look at.
 */
export function planReclaim({ spec }: PersistentVolume, claim: Claim | undefined, isProvisioned: boolean): ReclaimPlan {
  if (!spec.claimRef?.uid) return 'Available';
  if (claim?.metadata.uid === spec.claimRef.uid) return 'keep';
  return isProvisioned && spec.persistentVolumeReclaimPolicy === 'Delete' ? 'delete' : 'Released';
}

function isFree({ spec, metadata }: PersistentVolume, claim: Claim): boolean {
  const { claimRef } = spec;
  if (metadata.deletionTimestamp !== undefined) return false;
  if (claimRef === undefined || claimRef === null) return true;
  const { name, namespace, uid } = claimRef;
  const isNamed = name === claim.metadata.name && namespace === claim.metadata.namespace;
  return isNamed && (!uid || uid === claim.metadata.uid);
}

function fits({ spec, metadata }: PersistentVolume, { spec: claim }: Claim, ownClass: string): boolean {
  const isOfClass = (spec.storageClassName ?? '') === (claim.storageClassName ?? ownClass);
  const hasModes = (claim.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode));
  const isLarge = storageBytes(spec.capacity) >= storageBytes(claim.resources?.requests);
  const isSelected = !claim.selector || LabelSelector.fromObject(claim.selector).matches(metadata.labels);
  const hasMode = (spec.volumeMode ?? 'Filesystem') === (claim.volumeMode ?? 'Filesystem');
  return isOfClass && hasModes && isLarge && isSelected && hasMode;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
