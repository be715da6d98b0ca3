/** From where images are pulled instead of from their source (registry.md 3). */
import { s } from '@longshore/apiserver';
import { defineKind } from '../kind.js';

const SOURCE =
  '^\\*(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))+$|^((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))+)?(?::[0-9]+)?)(?:(?:/[a-z0-9]+(?:(?:(?:[._]|__|[-]*)[a-z0-9]+)+)?)+)?$';
const MIRROR = SOURCE.slice(SOURCE.indexOf('|') + 1);

const mirrorFields = {
  mirrorSourcePolicy: s
    .string('AllowContactingSource or NeverContactSource: whether the source is tried at last.')
    .values('NeverContactSource', 'AllowContactingSource'),
  mirrors: s
    .listOf(s.string('').with({ pattern: MIRROR }), 'Where the same images are, in the order in which to try.')
    .with({ 'x-kubernetes-list-type': 'set' }),
  source: s.string('What pull specifications begin with.').with({ pattern: SOURCE }).required(),
};

const mirrorSet = (kind: string, plural: string, shortName: string, field: string, description: string) =>
  defineKind({
    group: 'config.openshift.io',
    version: 'v1',
    kind,
    plural,
    scope: 'Cluster',
    custom: true,
    shortNames: [shortName],
    description,
    fields: {
      spec: s
        .object('The mirrors.', {
          [field]: s.listOf(s.object('Mirrors of a source.', mirrorFields), 'The mirrors.').atomic(),
        })
        .required(),
      status: s.object('Nothing is told.', {}),
    },
  });

export const imageDigestMirrorSets = mirrorSet(
  'ImageDigestMirrorSet',
  'imagedigestmirrorsets',
  'idms',
  'imageDigestMirrors',
  'Mirrors for images that are named by digest.',
);

export const imageTagMirrorSets = mirrorSet(
  'ImageTagMirrorSet',
  'imagetagmirrorsets',
  'itms',
  'imageTagMirrors',
  'Mirrors for images that are named by tag.',
);

/** The older form, for digests only. */
export const imageContentSourcePolicies = defineKind({
  group: 'operator.openshift.io',
  version: 'v1alpha1',
  kind: 'ImageContentSourcePolicy',
  plural: 'imagecontentsourcepolicies',
  scope: 'Cluster',
  custom: true,
  description: 'Mirrors for images that are named by digest. Replaced by ImageDigestMirrorSet.',
  fields: {
    spec: s
      .object('The mirrors.', {
        repositoryDigestMirrors: s.listOf(
          s.object('Mirrors of a source.', {
            mirrors: s.strings('Where the same images are, in the order in which to try.'),
            source: s.string('What pull specifications begin with.').required(),
          }),
          'The mirrors.',
        ),
      })
      .required(),
  },
});
