import { ageSince, s } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { column } from '../columns.js';
import { defineKind } from '../kind.js';
import { operatorConditions } from './cluster-operator.js';

interface History {
  state: string;
  version: string;
}

type ClusterVersion = KubeObject & {
  status?: {
    history?: History[];
    conditions?: { type: string; status: string; message?: string; lastTransitionTime?: string }[];
  };
};

const release = (description: string) =>
  s.object(description, {
    architecture: s.string('Multi, or empty for the architecture of the cluster.'),
    channels: s.strings('Channels that it is in.').with({ 'x-kubernetes-list-type': 'set' }),
    force: s.boolean('Whether checks are passed over.'),
    image: s.string('Its image.'),
    url: s.string('Where it is described.'),
    version: s.string('Its version.'),
  });

const conditionOf = ({ status }: ClusterVersion, type: string) => status?.conditions?.find((one) => one.type === type);

export const clusterVersions = defineKind<ClusterVersion>({
  group: 'config.openshift.io',
  version: 'v1',
  kind: 'ClusterVersion',
  plural: 'clusterversions',
  scope: 'Cluster',
  custom: true,
  description: 'Which version the cluster has, and which it should have.',
  fields: {
    spec: s
      .object('What is wanted.', {
        capabilities: s.object('Optional parts.', {
          additionalEnabledCapabilities: s.strings('Parts besides those of the set.').atomic(),
          baselineCapabilitySet: s.string('A set of parts.'),
        }),
        channel: s.string('Channel of updates.'),
        clusterID: s.string('Random id of the cluster.').required(),
        desiredUpdate: release('The version that it should have.'),
        overrides: s
          .listOf(
            s.object('An object that is left alone.', {
              group: s.string('Its API group.').required(),
              kind: s.string('Its kind.').required(),
              name: s.string('Its name.').required(),
              namespace: s.string('Its namespace.').required(),
              unmanaged: s.boolean('Whether it is left alone.').required(),
            }),
            'Objects that are left alone.',
          )
          .with({
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['kind', 'group', 'namespace', 'name'],
          }),
        upstream: s.string('Who tells of updates.'),
      })
      .required(),
    status: s.object('How it is.', {
      availableUpdates: s.listOf(release('A version.'), 'Versions that it could have.').with({ nullable: true }),
      capabilities: s.object('Optional parts.', {
        enabledCapabilities: s.strings('Those that are there.').atomic(),
        knownCapabilities: s.strings('All.').atomic(),
      }),
      conditionalUpdates: s.listOf(s.anyObject(''), 'Versions with risks.').atomic(),
      conditions: operatorConditions,
      desired: release('The version that it is becoming.'),
      history: s
        .listOf(
          s.object('A version.', {
            acceptedRisks: s.string('Risks that were accepted.'),
            completionTime: s.time('When it was there.').with({ nullable: true }),
            image: s.string('Its image.').required(),
            startedTime: s.time('When it began.').required(),
            state: s.string('Completed or Partial.').required(),
            verified: s.boolean('Whether it was signed.').required(),
            version: s.string('The version.').required(),
          }),
          'Versions, the newest first.',
        )
        .atomic(),
      observedGeneration: s.int64('The generation that was seen.'),
      versionHash: s.string('Hash of what was applied.'),
    }),
  },
  columns: [
    column('Version', ({ status }) => status?.history?.find(({ state }) => state === 'Completed')?.version),
    column('Available', (version) => conditionOf(version, 'Available')?.status),
    column('Progressing', (version) => conditionOf(version, 'Progressing')?.status),
    column('Since', (version, now) => {
      const time = conditionOf(version, 'Progressing')?.lastTransitionTime;
      return time === undefined ? '' : ageSince(time, now);
    }),
    column('Status', (version) => conditionOf(version, 'Progressing')?.message),
  ],
});
