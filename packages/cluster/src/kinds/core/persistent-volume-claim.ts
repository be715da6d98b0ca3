import { forbiddenField, invalidValue, requiredValue, s, unsupportedValue } from '@longshore/apiserver';
import {
  checkDnsSubdomain,
  checkLabelSelector,
  jsonEqual,
  Quantity,
  type KubeObject,
  type StatusCause,
} from '@longshore/kube';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from 'kubernetes-types/core/v1.js';
import { problems } from '../checks.js';
import { age, column, wide } from '../columns.js';
import { defineKind } from '../kind.js';
import { olderCondition } from '../meta.js';
import { checkAccessModes, shortAccessModes } from './access-modes.js';
import { persistentVolumeClaimSpec } from './claim-schema.js';
import { resourceList } from './references.js';

type Claim = KubeObject & { spec: PersistentVolumeClaimSpec; status?: PersistentVolumeClaimStatus };

const CORE = 'io.k8s.api.core.v1';

const storageOf = (amounts: unknown) => (amounts as Record<string, string> | undefined)?.storage;

/** Also of the templates of stateful sets. */
function checkClaimSpec(spec: PersistentVolumeClaimSpec, path: string): StatusCause[] {
  const causes = checkAccessModes(spec.accessModes, `${path}.accessModes`, 'at least 1 access mode is required');
  if (spec.selector) causes.push(...checkLabelSelector(spec.selector, `${path}.selector`));
  const storage = storageOf(spec.resources?.requests);
  if (storage === undefined) causes.push(requiredValue(`${path}.resources[storage]`));
  else if (Quantity.parse(storage).nanos <= 0n) {
    causes.push(invalidValue(`${path}.resources[storage]`, storage, 'must be greater than zero'));
  }
  if (spec.storageClassName)
    causes.push(
      ...problems(`${path}.storageClassName`, spec.storageClassName, checkDnsSubdomain(spec.storageClassName)),
    );
  const { volumeMode } = spec;
  if (volumeMode !== undefined && volumeMode !== 'Block' && volumeMode !== 'Filesystem') {
    causes.push(unsupportedValue(`${path}.volumeMode`, volumeMode, ['Block', 'Filesystem']));
  }
  return causes;
}

/** A bound claim may ask for more, no longer for less; the volume may be put in once. */
function validateUpdate({ spec, status }: Claim, { spec: old, status: before }: Claim): StatusCause[] {
  const fixed = ({ volumeName, resources, ...rest }: PersistentVolumeClaimSpec) => ({
    ...rest,
    volumeName: old.volumeName ? volumeName : undefined,
    limits: resources?.limits,
    requests: {
      ...resources?.requests,
      storage: before?.phase === 'Bound' ? undefined : storageOf(resources?.requests),
    },
  });
  if (!jsonEqual(stripped(fixed(spec)), stripped(fixed(old)))) {
    return [
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    ];
  }
  const [asked, was, has] = [
    storageOf(spec.resources?.requests),
    storageOf(old.resources?.requests),
    storageOf(status?.capacity),
  ];
  if (asked === undefined || was === undefined || Quantity.parse(asked).compare(Quantity.parse(was)) >= 0) return [];
  const isRecovery = has !== undefined && Quantity.parse(asked).compare(Quantity.parse(has)) > 0;
  return isRecovery
    ? []
    : [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

const stripped = (value: object): unknown => JSON.parse(JSON.stringify(value));

export const persistentVolumeClaims = defineKind<Claim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  description: 'A wish for storage.',
  fields: {
    spec: persistentVolumeClaimSpec.describe('What is wanted.').required(),
    status: s.shared(`${CORE}.PersistentVolumeClaimStatus`, 'How it is.', {
      accessModes: s.strings('How the volume can be mounted.').atomic(),
      allocatedResourceStatuses: s.stringMap('How far a change of size is.'),
      allocatedResources: resourceList('What is being made ready.'),
      capacity: resourceList('What the volume has.'),
      conditions: s
        .listOf(
          olderCondition(`${CORE}.PersistentVolumeClaimCondition`, {
            lastProbeTime: s.time('When it was looked at last.'),
          }),
          'How far a change is.',
        )
        .mergeBy('type'),
      currentVolumeAttributesClassName: s.string('The class of attributes that the volume has.'),
      modifyVolumeStatus: s.object('How far a change of attributes is.', {
        status: s.string('Pending, InProgress or Infeasible.'),
        targetVolumeAttributesClassName: s.string('The class that is wanted.'),
      }),
      phase: s.string('Pending, Bound or Lost.'),
    }),
  },
  columns: [
    column('Status', ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''))),
    column('Volume', ({ spec }) => spec.volumeName ?? ''),
    column('Capacity', ({ spec, status }) => (spec.volumeName ? (storageOf(status?.capacity) ?? '0') : '')),
    column('Access Modes', ({ spec, status }) => (spec.volumeName ? shortAccessModes(status?.accessModes) : '')),
    column('StorageClass', ({ spec }) => spec.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      ({ spec }) => (spec as { volumeAttributesClassName?: string }).volumeAttributesClassName || '<unset>',
    ),
    age,
    wide('VolumeMode', ({ spec }) => spec.volumeMode ?? '<unset>'),
  ],
  stored: {
    generation: false,
    returnDeletedObject: true,
    validate: ({ spec }) => checkClaimSpec(spec, 'spec'),
    validateUpdate,
    prepareForCreate: (claim) => {
      claim.status = { phase: 'Pending' };
    },
  },
});
