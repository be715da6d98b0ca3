import type { Controller } from '@longshore/apiserver';
import type { Wanted } from '../bootstrap/index.js';
import type { PersistentVolume } from '../runtime/claims/claim-plan.js';
import { STORAGE_CLASS } from '../runtime/claims/claim-controller.js';
import { NAMESPACE } from './operator-objects.js';

/** Of the volume and of the claim that the operator makes. */
const NAME = 'image-registry-storage';
const VOLUMES = 'persistentvolumes';
/** What the operator asks for. Nothing is measured: the folder takes what the disk has. */
const CAPACITY = '100Gi';

/**
 * The folder of the registry's images as a volume for the operator's claim alone. It is the one in which a registry without
 * operator keeps them, so they are there with and without. It is never deleted with the claim.
 */
export function registryVolume(folder: string): Wanted {
  return {
    resource: VOLUMES,
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: NAME },
      spec: {
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        capacity: { storage: CAPACITY },
        claimRef: { namespace: NAMESPACE, name: NAME },
        hostPath: { path: folder, type: 'DirectoryOrCreate' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: STORAGE_CLASS,
        volumeMode: 'Filesystem',
      },
    },
  };
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
