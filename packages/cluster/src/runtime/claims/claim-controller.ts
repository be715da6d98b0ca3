import { chmod, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { isTerminal } from '../agent/pod-status.js';
import { ContainerConfigError } from '../process/container-config-error.js';
import { writeStatus } from '../workloads/pod-control.js';
import { planClaim, storageBytes, type Claim, type PersistentVolume } from './claim-plan.js';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const PROTECTION = 'kubernetes.io/pvc-protection';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const BOUND = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };
const RETRY_MS = 30_000;

export const PROVISIONER = 'runtime.longshore.dev/local-folder';
export const STORAGE_CLASS = 'longshore-local';

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

export interface ClaimOptions {
  /** Holds a folder for each volume that is made. */
  folder: string;
  events: EventRecorder;
}

/** Binds claims to volumes, and makes folders for those that fit none. */
export function claimController({ folder, events }: ClaimOptions): Controller {
  const claimsOf = (pod: KubeObject) =>
    ((pod as Pod).spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => {
      return claim ? [`${pod.metadata.namespace}/${claim.claimName}`] : [];
    });
  return {
    name: 'claims',
    follows: {
      [CLAIMS]: (claim) => [objectKey(claim), ...volumeKey(claim as Claim)],
      [VOLUMES]: (volume) => {
        const { claimRef } = (volume as PersistentVolume).spec;
        // A volume without a claim may be what a claim waits for.
        return [`/${volume.metadata.name}`, claimRef ? `${claimRef.namespace}/${claimRef.name}` : '/'];
      },
      pods: claimsOf,
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      if (key === '/') return void (await bindWaiting(objects));
      if (namespace === '') return reclaim(name, objects);
      const claim = await objects.get<Claim>(CLAIMS, namespace, name);
      if (claim === undefined) return;
      if (claim.metadata.deletionTimestamp !== undefined) return unprotect(claim, objects);
      return claim.status?.phase === 'Bound' ? grow(claim, objects) : settle(claim, objects);
    },
  };

  async function bindWaiting(objects: ObjectAccess): Promise<void> {
    for (const claim of (await objects.list<Claim>(CLAIMS)).items) {
      const isWaiting = claim.status?.phase !== 'Bound' && claim.metadata.deletionTimestamp === undefined;
      if (isWaiting) await settle(claim, objects);
    }
  }

  async function freeBytes(): Promise<bigint> {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const { bavail, bsize } = await statfs(folder, { bigint: true });
    return bavail * bsize;
  }

  async function settle(claim: Claim, objects: ObjectAccess): Promise<{ after: number } | undefined> {
    const volumes = (await objects.list<PersistentVolume>(VOLUMES)).items;
    const plan = planClaim(claim, volumes, STORAGE_CLASS, await freeBytes());
    if (plan.do === 'wait') {
      await events.tell(claim, { type: 'Warning', reason: plan.reason, message: plan.message });
      return { after: RETRY_MS };
    }
    await bind(claim, plan.do === 'bind' ? plan.volume : await provision(claim, objects), objects);
    return undefined;
  }

  async function provision(claim: Claim, objects: ObjectAccess): Promise<PersistentVolume> {
    const name = `pvc-${claim.metadata.uid}`;
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    const known = await objects.get<PersistentVolume>(VOLUMES, '', name);
    if (known !== undefined) return known;
    const volume: PersistentVolume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
      spec: {
        accessModes: claim.spec.accessModes,
        capacity: { storage: (claim.spec.resources?.requests as Record<string, string>)['storage'] },
        hostPath: { path, type: 'DirectoryOrCreate' },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: claim.spec.storageClassName ?? STORAGE_CLASS,
        volumeMode: 'Filesystem',
        claimRef: referenceTo(claim),
      } as PersistentVolume['spec'],
    };
    const made = await objects.create<PersistentVolume>(VOLUMES, volume);
    const message = `Successfully provisioned volume ${name}`;
    await events.tell(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
    return made;
  }

  async function bind(claim: Claim, volume: PersistentVolume, objects: ObjectAccess): Promise<void> {
    const { name: volumeName = '' } = volume.metadata;
    const { namespace = '', name = '' } = claim.metadata;
    await objects.change<PersistentVolume>(VOLUMES, '', volumeName, '', (current) => {
      return { ...current, spec: { ...current.spec, claimRef: referenceTo(claim) } };
    });
    await writeStatus<PersistentVolume>(objects, VOLUMES, volume, { ...volume.status, phase: 'Bound' });
    await objects.change<Claim>(CLAIMS, namespace, name, '', ({ metadata, spec, ...rest }) => ({
      ...rest,
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, ...BOUND },
        finalizers: [...new Set([...(metadata.finalizers ?? []), PROTECTION])],
      },
      spec: { ...spec, volumeName },
    }));
    const { accessModes, capacity } = volume.spec;
    await writeStatus<Claim>(objects, CLAIMS, claim, { phase: 'Bound', accessModes, capacity });
  }

  /** A claim that asks for more gets it, when the disk has it. */
  async function grow(claim: Claim, objects: ObjectAccess): Promise<{ after: number } | undefined> {
    const [asked, has] = [storageBytes(claim.spec.resources?.requests), storageBytes(claim.status?.capacity)];
    const volume = await objects.get<PersistentVolume>(VOLUMES, '', claim.spec.volumeName ?? '');
    if (volume === undefined) {
      const message = `Bound claim has lost its PersistentVolume. Data on the volume is lost!`;
      await events.tell(claim, { type: 'Warning', reason: 'ClaimLost', message });
      await writeStatus<Claim>(objects, CLAIMS, claim, { ...claim.status, phase: 'Lost' });
      return undefined;
    }
    if (asked <= has || !isOurs(volume)) return undefined;
    const free = await freeBytes();
    if (asked - has > free) {
      const message = `the claim wants ${asked - has} bytes more, but the disk of the data folder has ${free} left`;
      await events.tell(claim, { type: 'Warning', reason: 'VolumeResizeFailed', message });
      return { after: RETRY_MS };
    }
    const capacity = {
      ...volume.spec.capacity,
      storage: (claim.spec.resources?.requests as Record<string, string>)['storage'],
    };
    await objects.change<PersistentVolume>(VOLUMES, '', volume.metadata.name ?? '', '', (current) => {
      return { ...current, spec: { ...current.spec, capacity } as PersistentVolume['spec'] };
    });
    await writeStatus<Claim>(objects, CLAIMS, claim, { ...claim.status, capacity } as Claim['status']);
    return undefined;
  }

  /** A claim that is deleted goes when no pod uses it any more. */
  async function unprotect(claim: Claim, objects: ObjectAccess): Promise<void> {
    const { namespace = '', name = '' } = claim.metadata;
    const key = objectKey(claim);
    const pods = (await objects.list<Pod>('pods', namespace)).items;
    if (pods.some((pod) => claimsOf(pod).includes(key) && !isTerminal(pod.status))) return;
    await objects
      .change<Claim>(CLAIMS, namespace, name, '', ({ metadata, ...rest }) => {
        const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== PROTECTION);
        return { ...rest, metadata: { ...metadata, finalizers } };
      })
      .catch(ignoreMissing);
  }

  /** A volume whose claim is gone goes, too, when it was made for it; others are kept for an administrator to look at. */
  async function reclaim(name: string, objects: ObjectAccess): Promise<void> {
    const volume = await objects.get<PersistentVolume>(VOLUMES, '', name);
    if (volume === undefined) return;
    const { claimRef } = volume.spec;
    const become = (phase: string) =>
      volume.status?.phase === phase
        ? undefined
        : writeStatus<PersistentVolume>(objects, VOLUMES, volume, { ...volume.status, phase });
    if (!claimRef?.uid) return become('Available');
    const claim = await objects.get<Claim>(CLAIMS, claimRef.namespace ?? '', claimRef.name ?? '');
    if (claim?.metadata.uid === claimRef.uid) return;
    if (isOurs(volume) && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      await rm(join(folder, name), { recursive: true, force: true });
      await objects.delete(VOLUMES, '', name).catch(ignoreMissing);
    } else await become('Released');
  }
}

/** The volume of a claim: it is looked at when the claim goes. */
function volumeKey({ spec }: Claim): string[] {
  return spec.volumeName ? [`/${spec.volumeName}`] : [];
}

function isOurs({ metadata }: PersistentVolume): boolean {
  return metadata.annotations?.[PROVISIONED_BY] === PROVISIONER;
}

function referenceTo({ metadata: { name, namespace, uid } }: Claim) {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
}

function ignoreMissing(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}

/** The folder of a claim. Errors: ContainerConfigError while it has none on this machine. */
export async function claimFolder(
  objects: Pick<ObjectAccess, 'get'>,
  namespace: string,
  name: string,
): Promise<string> {
  const claim = await objects.get<Claim>(CLAIMS, namespace, name);
  if (claim === undefined) throw new ContainerConfigError(`persistentvolumeclaim "${name}" not found`);
  const volume = await objects.get<PersistentVolume>(VOLUMES, '', claim.spec.volumeName ?? '');
  if (claim.status?.phase !== 'Bound' || volume === undefined) {
    throw new ContainerConfigError(`persistentvolumeclaim "${name}" is not bound`);
  }
  const path = volume.spec.hostPath?.path ?? volume.spec.local?.path;
  if (path === undefined) throw new ContainerConfigError(`volume ${volume.metadata.name} is no folder of this machine`);
  if (volume.spec.hostPath?.type === 'DirectoryOrCreate') await mkdir(path, { recursive: true });
  return path;
}
