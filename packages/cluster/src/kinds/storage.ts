import { forbiddenField, s } from '@longshore/apiserver';
import { jsonEqual, type KubeObject, type ObjectMeta } from '@longshore/kube';
import type { StorageClass as Fields } from 'kubernetes-types/storage/v1.js';
import { age, column } from './columns.js';
import { defineKind } from './kind.js';

type StorageClass = KubeObject & Omit<Fields, 'apiVersion' | 'kind' | 'metadata'>;

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const FIXED = ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'] as const;

/** Claims that name no class get the default one. */
function nameText({ name = '', annotations }: ObjectMeta): string {
  return annotations?.[DEFAULT_CLASS] === 'true' ? `${name} (default)` : name;
}

export const storageClasses = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  scope: 'Cluster',
  shortNames: ['sc'],
  description: 'A kind of storage, and who makes it.',
  fields: {
    allowVolumeExpansion: s.boolean('Whether claims may grow.'),
    allowedTopologies: s
      .listOf(
        s.shared(
          'io.k8s.api.core.v1.TopologySelectorTerm',
          'A place.',
          {
            matchLabelExpressions: s
              .listOf(
                s.shared('io.k8s.api.core.v1.TopologySelectorLabelRequirement', 'A label.', {
                  key: s.string('The label.').required(),
                  values: s.strings('Its values.').atomic().required(),
                }),
                'Labels.',
              )
              .atomic(),
          },
          { 'x-kubernetes-map-type': 'atomic' },
        ),
        'Where volumes can be.',
      )
      .atomic(),
    mountOptions: s.strings('Options for mounting.').atomic(),
    parameters: s.stringMap('Settings for who makes it.'),
    provisioner: s.string('Who makes it.').required(),
    reclaimPolicy: s
      .string('Delete (default) or Retain: what happens when a claim is gone.')
      .default('Delete')
      .values('Delete', 'Retain'),
    volumeBindingMode: s
      .string('Immediate (default) or WaitForFirstConsumer.')
      .default('Immediate')
      .values('Immediate', 'WaitForFirstConsumer'),
  },
  columns: [
    {
      ...column<StorageClass>('Name', ({ metadata }) => nameText(metadata)),
      format: 'name',
    },
    column('Provisioner', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? '<unset>'),
    column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => String(allowVolumeExpansion ?? false)),
    age,
  ],
  stored: {
    validateUpdate: (now, old) =>
      FIXED.filter((name) => !jsonEqual(now[name] ?? null, old[name] ?? null)).map((name) =>
        forbiddenField(name, `updates to ${name} are forbidden.`),
      ),
  },
});
