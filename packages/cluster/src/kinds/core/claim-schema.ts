import { s } from '@longshore/apiserver';
import { labelSelector } from '../meta.js';
import { resourceList, typedLocalObjectReference, typedObjectReference } from './references.js';

export const persistentVolumeClaimSpec = s.shared(
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec',
  'What storage is wanted.',
  {
    accessModes: s.strings('ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.').atomic(),
    dataSource: typedLocalObjectReference.describe('A snapshot or claim to begin with.'),
    dataSourceRef: typedObjectReference.describe('An object to begin with.'),
    resources: s.shared('io.k8s.api.core.v1.VolumeResourceRequirements', 'How much storage.', {
      limits: resourceList('At most.'),
      requests: resourceList('At least.'),
    }),
    selector: labelSelector.describe('Which volumes, by their labels.'),
    storageClassName: s.string('The storage class; empty for volumes without one.'),
    volumeAttributesClassName: s.string('The class of changeable attributes.'),
    volumeMode: s.string('Filesystem (default) or Block.').default('Filesystem'),
    volumeName: s.string('The volume, once bound.'),
  },
);
