import { forbiddenField, invalidValue, requiredValue, s, unsupportedValue } from '@longshore/apiserver';
import { jsonEqual, Quantity, type KubeObject, type StatusCause } from '@longshore/kube';
import type { PersistentVolumeSpec, PersistentVolumeStatus } from 'kubernetes-types/core/v1.js';
import { checkImmutable } from '../checks.js';
import { age, column, wide } from '../columns.js';
import { defineKind } from '../kind.js';
import { checkNodeSelectorTerms } from '../pods/affinity-validation.js';
import { nodeSelector } from '../pods/selectors.js';
import { RARE_SOURCES, rareVolumeSources, sharedVolumeSources } from '../pods/volumes.js';
import { checkAccessModes, shortAccessModes } from './access-modes.js';
import { objectReference, resourceList, secretReference } from './references.js';

type PersistentVolume = KubeObject & { spec: PersistentVolumeSpec; status?: PersistentVolumeStatus };

const CORE = 'io.k8s.api.core.v1';
const SOURCES = ['csi', 'hostPath', 'local', 'nfs', ...RARE_SOURCES] as const;
const secret = (description: string) => secretReference.describe(description);

function validate({ spec }: PersistentVolume): StatusCause[] {
  const causes = checkAccessModes(spec.accessModes, 'spec.accessModes');
  const { capacity = {}, nodeAffinity, persistentVolumeReclaimPolicy: policy, hostPath } = spec;
  if (Object.keys(capacity).length === 0) causes.push(requiredValue('spec.capacity'));
  const amount = (capacity as Record<string, string>).storage;
  if (amount === undefined || Object.keys(capacity).length > 1) {
    causes.push(unsupportedValue('spec.capacity', capacity, ['storage']));
  } else if (Quantity.parse(amount).nanos <= 0n) {
    causes.push(invalidValue('spec.capacity[storage]', amount, 'must be greater than zero'));
  }
  const given = SOURCES.filter((source) => source in spec);
  if (given.length === 0) causes.push(requiredValue('spec', 'must specify a volume type'));
  for (const source of given.slice(1))
    causes.push(forbiddenField(`spec.${source}`, 'may not specify more than 1 volume type'));
  if (hostPath?.path === '/' && policy === 'Recycle') {
    causes.push(
      forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
    );
  }
  if (spec.local && !nodeAffinity)
    causes.push(requiredValue('spec.nodeAffinity', 'Local volume requires node affinity'));
  if (nodeAffinity?.required)
    causes.push(...checkNodeSelectorTerms(nodeAffinity.required, 'spec.nodeAffinity.required'));
  return causes;
}

function validateUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): StatusCause[] {
  const source = (of: PersistentVolumeSpec) =>
    Object.fromEntries(SOURCES.map((name) => [name, (of as Record<string, unknown>)[name]]));
  const causes: StatusCause[] = [];
  if (!jsonEqual(source(spec), source(old))) {
    causes.push(
      forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
    );
  }
  causes.push(...checkImmutable(spec.volumeMode, old.volumeMode, 'spec.volumeMode'));
  if (old.nodeAffinity) causes.push(...checkImmutable(spec.nodeAffinity, old.nodeAffinity, 'spec.nodeAffinity'));
  return causes;
}

export const persistentVolumes = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  scope: 'Cluster',
  shortNames: ['pv'],
  description: 'Storage that claims can be bound to.',
  fields: {
    spec: s
      .shared(`${CORE}.PersistentVolumeSpec`, 'Where the storage is, and how it can be used.', {
        ...rareVolumeSources,
        accessModes: s.strings('How it can be mounted.').atomic(),
        capacity: resourceList('How much there is.'),
        claimRef: objectReference.describe('The claim that it is bound to.'),
        csi: s.shared(`${CORE}.CSIPersistentVolumeSource`, 'A volume of a CSI driver.', {
          controllerExpandSecretRef: secret('Secret for growing.'),
          controllerPublishSecretRef: secret('Secret for attaching.'),
          driver: s.string('The driver.').required(),
          fsType: s.string('Type of the file system.'),
          nodeExpandSecretRef: secret('Secret for growing on the node.'),
          nodePublishSecretRef: secret('Secret for mounting.'),
          nodeStageSecretRef: secret('Secret for preparing.'),
          readOnly: s.boolean('Whether it can only be read.'),
          volumeAttributes: s.stringMap('Settings for the driver.'),
          volumeHandle: s.string('The volume at the driver.').required(),
        }),
        hostPath: sharedVolumeSources.hostPath,
        local: s.shared(`${CORE}.LocalVolumeSource`, 'A disk or directory of one node.', {
          fsType: s.string('Type of the file system.'),
          path: s.string('Its path.').required(),
        }),
        mountOptions: s.strings('Options for mounting.').atomic(),
        nfs: sharedVolumeSources.nfs,
        nodeAffinity: s.shared(`${CORE}.VolumeNodeAffinity`, 'From which nodes it can be reached.', {
          required: nodeSelector.describe('The nodes.'),
        }),
        persistentVolumeReclaimPolicy: s
          .string('Retain (default), Delete or Recycle: what happens when its claim is gone.')
          .default('Retain')
          .values('Delete', 'Recycle', 'Retain'),
        storageClassName: s.string('The storage class.'),
        volumeAttributesClassName: s.string('The class of changeable attributes.'),
        volumeMode: s.string('Filesystem (default) or Block.').default('Filesystem').values('Block', 'Filesystem'),
      })
      .required(),
    status: s.shared(`${CORE}.PersistentVolumeStatus`, 'How it is.', {
      lastPhaseTransitionTime: s.time('When the phase changed last.'),
      message: s.string('Why, in words.'),
      phase: s.string('Pending, Available, Bound, Released or Failed.'),
      reason: s.string('Why, in one word.'),
    }),
  },
  columns: [
    column('Capacity', ({ spec }) => spec.capacity?.storage ?? ''),
    column('Access Modes', ({ spec }) => shortAccessModes(spec.accessModes)),
    column('Reclaim Policy', ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ''),
    column('Status', ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''))),
    column('Claim', ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '')),
    column('StorageClass', ({ spec }) => spec.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      ({ spec }) => (spec as { volumeAttributesClassName?: string }).volumeAttributesClassName || '<unset>',
    ),
    column('Reason', ({ status }) => status?.reason ?? ''),
    age,
    wide('VolumeMode', ({ spec }) => spec.volumeMode ?? '<unset>'),
  ],
  stored: {
    generation: false,
    returnDeletedObject: true,
    validate,
    validateUpdate,
    prepareForCreate: (volume, { now }) => {
      volume.status = { phase: 'Pending', lastPhaseTransitionTime: `${now.toISOString().slice(0, 19)}Z` };
    },
  },
});
