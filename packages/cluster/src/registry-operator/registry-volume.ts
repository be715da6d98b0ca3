import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { ensure } from '../bootstrap/index.js';
import type { PersistentVolume } from '../runtime/claims/claim-plan.js';
import { STORAGE_CLASS } from '../runtime/claims/claim-objects.js';
import { NAMESPACE } from './operator-objects.js';

/** Of the volume and of the claim that the operator makes. */
const NAME = 'image-registry-storage';
const VOLUMES = 'persistentvolumes';
/** What the operator asks for. Nothing is measured: the folder takes what the disk has. */
const CAPACITY = '100Gi';

/** Of volumes that were made here. */
const MARK = 'longshore.dev/data-folder';

/**
 * The folder of the registry's images as a volume for the operator's claim alone. It is the one in which a registry without
 * operator keeps them, so they are there with and without. It is never deleted with the claim.
 */
function registryVolume(folder: string): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: NAME, annotations: { [MARK]: 'true' } },
    spec: {
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      capacity: { storage: CAPACITY },
      claimRef: { namespace: NAMESPACE, name: NAME },
      hostPath: { path: folder, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: STORAGE_CLASS,
      volumeMode: 'Filesystem',
    },
  };
}

/**
 * Makes that volume, anew when the data folder has been moved: the place of a volume cannot be changed. To be called before the
 * controllers run, so that no claim loses it. Errors: ApiError.
 */
export async function placeRegistryVolume(objects: ObjectAccess, folder: string): Promise<void> {
  const wanted = registryVolume(folder);
  const known = (await ensure(objects, { resource: VOLUMES, object: wanted })) as PersistentVolume;
  const isMoved = known.metadata.annotations?.[MARK] === 'true' && known.spec.hostPath?.path !== folder;
  if (!isMoved) return;
  await objects.delete(VOLUMES, '', NAME);
  const { claimRef } = known.spec;
  const bound = { ...wanted, spec: { ...wanted.spec, ...(claimRef && { claimRef }) } };
  await objects.createWithStatus(VOLUMES, { ...bound, ...(known.status && { status: known.status }) });
}

/** Offers the volume to the next claim of the operator when one is gone: its images are there again, not lost and not in the way. */
export function registryVolumeController(): Controller {
  return {
    name: 'registry-volume',
    follows: { [VOLUMES]: ({ metadata }) => (metadata.name === NAME ? [NAME] : []) },
    async reconcile(name, objects) {
      const volume = await objects.get<PersistentVolume>(VOLUMES, '', name);
      if (volume?.status?.phase !== 'Released') return;
      await objects.change<PersistentVolume>(VOLUMES, '', name, '', ({ spec, ...rest }) => ({
        ...rest,
        spec: { ...spec, claimRef: { namespace: NAMESPACE, name: NAME } },
      }));
    },
  };
}
