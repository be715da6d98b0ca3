import { forbiddenField, s, type Field } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { NodeSpec, NodeStatus } from 'kubernetes-types/core/v1.js';
import { age, column, orNone, wide } from '../columns.js';
import { defineKind } from '../kind.js';
import { olderCondition } from '../meta.js';
import { resourceList } from './references.js';

type Node = KubeObject & { spec?: NodeSpec; status?: NodeStatus };

const CORE = 'io.k8s.api.core.v1';
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

const taint = s.shared(`${CORE}.Taint`, 'What keeps pods away that do not bear it.', {
  effect: s
    .string('NoSchedule, PreferNoSchedule or NoExecute.')
    .values('NoSchedule', 'PreferNoSchedule', 'NoExecute')
    .required(),
  key: s.string('Its name.').required(),
  timeAdded: s.time('Since when.'),
  value: s.string('Its value.'),
});

const text = (...names: string[]): Record<string, Field> =>
  Object.fromEntries(names.map((name) => [name, s.string('As the node tells it.')]));

function roles({ metadata: { labels = {} } }: Node): string {
  const found = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) return [key.slice(ROLE_PREFIX.length)];
    return key === ROLE_LABEL && value !== '' ? [value] : [];
  });
  return [...new Set(found)].sort().join(',') || '<none>';
}

function status({ spec, status: { conditions = [] } = {} }: Node): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

const address =
  (type: string) =>
  ({ status: { addresses = [] } = {} }: Node) =>
    orNone(addresses.find((one) => one.type === type)?.address);

export const nodes = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  scope: 'Cluster',
  shortNames: ['no'],
  description: 'A machine that runs pods.',
  fields: {
    spec: s.shared(`${CORE}.NodeSpec`, 'What the cluster knows of a node.', {
      configSource: s.anyObject('No longer used.'),
      externalID: s.string('No longer used.'),
      podCIDR: s.string('Addresses for its pods.'),
      podCIDRs: s.strings('Addresses for its pods, by family.').merged(),
      providerID: s.string('Its id at the provider.'),
      taints: s.listOf(taint, 'What keeps pods away.').atomic(),
      unschedulable: s.boolean('Whether it takes no new pods.'),
    }),
    status: s.shared(`${CORE}.NodeStatus`, 'What a node tells of itself.', {
      addresses: s
        .listOf(
          s.shared(`${CORE}.NodeAddress`, 'An address.', {
            address: s.string('The address.'),
            type: s.string('Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.'),
          }),
          'Its addresses.',
        )
        .with({ 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'type' }),
      allocatable: resourceList('What pods can have.'),
      capacity: resourceList('What it has.'),
      conditions: s
        .listOf(
          olderCondition(`${CORE}.NodeCondition`, { lastHeartbeatTime: s.time('When it was told last.') }),
          'Ready, MemoryPressure, DiskPressure, PIDPressure and others.',
        )
        .mergeBy('type'),
      config: s.anyObject('No longer used.'),
      daemonEndpoints: s.shared(`${CORE}.NodeDaemonEndpoints`, 'Where its agents listen.', {
        kubeletEndpoint: s.shared(`${CORE}.DaemonEndpoint`, 'Where an agent listens.', { Port: s.int32('The port.') }),
      }),
      features: s.shared(`${CORE}.NodeFeatures`, 'What its container runtime can do.', {
        supplementalGroupsPolicy: s.boolean('Whether groups can be set strictly.'),
      }),
      images: s
        .listOf(
          s.shared(`${CORE}.ContainerImage`, 'An image.', {
            names: s.strings('Its names.').atomic(),
            sizeBytes: s.int64('Its size.'),
          }),
          'Images that it has.',
        )
        .atomic(),
      nodeInfo: s.shared(`${CORE}.NodeSystemInfo`, 'Its software.', {
        ...text('architecture', 'bootID', 'containerRuntimeVersion', 'kernelVersion', 'kubeProxyVersion'),
        ...text('kubeletVersion', 'machineID', 'operatingSystem', 'osImage', 'systemUUID'),
      }),
      phase: s.string('No longer used.'),
      runtimeHandlers: s
        .listOf(
          s.shared(`${CORE}.NodeRuntimeHandler`, 'A container runtime.', {
            features: s.shared(`${CORE}.NodeRuntimeHandlerFeatures`, 'What it can do.', {
              recursiveReadOnlyMounts: s.boolean('Whether mounts can be read-only recursively.'),
              userNamespaces: s.boolean('Whether it has user namespaces.'),
            }),
            name: s.string('Its name.'),
          }),
          'Its container runtimes.',
        )
        .atomic(),
      volumesAttached: s
        .listOf(
          s.shared(`${CORE}.AttachedVolume`, 'A volume.', {
            devicePath: s.string('Its device.'),
            name: s.string('Its name.'),
          }),
          'Volumes that are attached.',
        )
        .atomic(),
      volumesInUse: s.strings('Volumes that are mounted.').atomic(),
    }),
  },
  columns: [
    column('Status', status),
    column('Roles', roles),
    age,
    column('Version', ({ status: { nodeInfo } = {} }) => nodeInfo?.kubeletVersion ?? ''),
    wide('Internal-IP', address('InternalIP')),
    wide('External-IP', address('ExternalIP')),
    wide('OS-Image', ({ status: { nodeInfo } = {} }) => nodeInfo?.osImage || '<unknown>'),
    wide('Kernel-Version', ({ status: { nodeInfo } = {} }) => nodeInfo?.kernelVersion || '<unknown>'),
    wide('Container-Runtime', ({ status: { nodeInfo } = {} }) => nodeInfo?.containerRuntimeVersion || '<unknown>'),
  ],
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  stored: {
    generation: false,
    setDefaults: ({ status: now }) => {
      if (now?.capacity !== undefined) now.allocatable ??= now.capacity;
    },
    validateUpdate: ({ spec }, old) =>
      old.spec?.providerID && spec?.providerID !== old.spec.providerID
        ? [forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid')]
        : [],
  },
});
