import { s } from '@longshore/apiserver';
import { defineKind } from '../kind.js';

const PLATFORMS = [
  '',
  'AWS',
  'Azure',
  'BareMetal',
  'GCP',
  'Libvirt',
  'OpenStack',
  'None',
  'VSphere',
  'oVirt',
  'IBMCloud',
  'KubeVirt',
  'EquinixMetal',
  'PowerVS',
  'AlibabaCloud',
  'Nutanix',
  'External',
];
const PLATFORM_FIELDS = [
  'alibabaCloud',
  'aws',
  'azure',
  'baremetal',
  'equinixMetal',
  'external',
  'gcp',
  'ibmcloud',
  'kubevirt',
  'nutanix',
  'openstack',
  'ovirt',
  'powervs',
  'vsphere',
];

const platform = (description: string) =>
  s.object(description, {
    type: s.string('The platform.').values(...PLATFORMS),
    ...Object.fromEntries(PLATFORM_FIELDS.map((name) => [name, s.anyObject('What only this platform has.')])),
  });

export const infrastructures = defineKind({
  group: 'config.openshift.io',
  version: 'v1',
  kind: 'Infrastructure',
  plural: 'infrastructures',
  scope: 'Cluster',
  custom: true,
  description: 'What the cluster runs on.',
  fields: {
    spec: s
      .object('What is wanted.', {
        cloudConfig: s.object('Config map in openshift-config.', {
          key: s.string('The key.'),
          name: s.string('Its name.'),
        }),
        platformSpec: platform('The platform.'),
      })
      .required(),
    status: s.object('How it is.', {
      apiServerInternalURI: s.string('Address of the API inside.'),
      apiServerURL: s.string('Address of the API outside.'),
      controlPlaneTopology: s
        .string('HighlyAvailable, SingleReplica, External and others.')
        .default('HighlyAvailable')
        .values('HighlyAvailable', 'HighlyAvailableArbiter', 'SingleReplica', 'DualReplica', 'External'),
      cpuPartitioning: s.string('None or AllNodes.').default('None').values('None', 'AllNodes'),
      etcdDiscoveryDomain: s.string('No longer used.'),
      infrastructureName: s.string('Name of the cluster at its platform.'),
      infrastructureTopology: s
        .string('HighlyAvailable or SingleReplica.')
        .default('HighlyAvailable')
        .values('HighlyAvailable', 'SingleReplica'),
      platform: s.string('Replaced by platformStatus.type.').values(...PLATFORMS),
      platformStatus: platform('The platform.'),
    }),
  },
});
