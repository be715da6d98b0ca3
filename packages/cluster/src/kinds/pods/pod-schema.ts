import { objectMetaField, s } from '@longshore/apiserver';
import { corePart } from '../core/core-part.js';
import { localObjectReference, resourceList } from '../core/references.js';
import { olderCondition } from '../meta.js';
import {
  appArmorProfile,
  container,
  ephemeralContainer,
  resourceRequirements,
  seccompProfile,
  seLinuxOptions,
  windowsOptions,
} from './containers.js';
import { affinity, toleration, topologySpreadConstraint } from './selectors.js';
import { volume } from './volumes.js';

const CORE = 'io.k8s.api.core.v1';
const podSecurityContext = corePart('PodSecurityContext', 'Rights that all containers of a pod have.', {
  appArmorProfile: appArmorProfile.describe('AppArmor profile.'),
  fsGroup: s.int64('Group that owns the volumes.').atLeast(0),
  fsGroupChangePolicy: s.string('OnRootMismatch or Always.').values('Always', 'OnRootMismatch'),
  runAsGroup: s.int64('Group id.').atLeast(0),
  runAsNonRoot: s.boolean('Whether they may not run as root.'),
  runAsUser: s.int64('User id.').atLeast(0),
  seLinuxChangePolicy: s.string('MountOption or Recursive.'),
  seLinuxOptions: seLinuxOptions.describe('SELinux context.'),
  seccompProfile: seccompProfile.describe('Which system calls are allowed.'),
  supplementalGroups: s.listOf(s.int64(''), 'Further groups.').atomic(),
  supplementalGroupsPolicy: s.string('Merge or Strict.').values('Merge', 'Strict'),
  sysctls: s
    .listOf(
      corePart('Sysctl', 'A setting of the kernel.', {
        name: s.string('Its name.').required(),
        value: s.string('Its value.'),
      }),
      'Settings of the kernel.',
    )
    .atomic(),
  windowsOptions: windowsOptions.describe('Settings for Windows.'),
});

export const podSpec = corePart('PodSpec', 'What runs in a pod, and how.', {
  activeDeadlineSeconds: s.int64('Seconds after which it is ended.'),
  affinity: affinity.describe('Where it wants to run.'),
  automountServiceAccountToken: s.boolean('Whether it sees a token of its service account.'),
  containers: s.listOf(container, 'Its containers.').mergeBy('name').required(),
  dnsConfig: corePart('PodDNSConfig', 'Settings of name resolution.', {
    nameservers: s.strings('Servers.').atomic(),
    options: s
      .listOf(
        corePart('PodDNSConfigOption', 'An option of the resolver.', {
          name: s.string('Its name.'),
          value: s.string('Its value.'),
        }),
        'Options.',
      )
      .atomic(),
    searches: s.strings('Domains to search.').atomic(),
  }),
  dnsPolicy: s
    .string('ClusterFirst (default), ClusterFirstWithHostNet, Default or None.')
    .default('ClusterFirst')
    .values('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'),
  enableServiceLinks: s.boolean('Whether services become variables.'),
  ephemeralContainers: s.listOf(ephemeralContainer, 'Containers that were added for debugging.').mergeBy('name'),
  hostAliases: s
    .listOf(
      corePart('HostAlias', 'A line of /etc/hosts.', {
        hostnames: s.strings('Names.').atomic(),
        ip: s.string('Address.').required(),
      }),
      'Lines of /etc/hosts.',
    )
    .mergeBy('ip'),
  hostIPC: s.boolean('Whether it shares IPC with the node.'),
  hostNetwork: s.boolean('Whether it uses the network of the node.'),
  hostPID: s.boolean('Whether it sees the processes of the node.'),
  hostUsers: s.boolean('Whether it has the users of the node.'),
  hostname: s.string('Host name; default: the name of the pod.'),
  imagePullSecrets: s.listOf(localObjectReference, 'Secrets to pull images with.').mergeBy('name'),
  initContainers: s.listOf(container, 'Containers that run one after the other before the others.').mergeBy('name'),
  nodeName: s.string('The node, once there is one.'),
  nodeSelector: s.stringMap('Labels that the node must have.').atomic(),
  os: corePart('PodOS', 'Operating system.', {
    name: s.string('linux or windows.').values('linux', 'windows').required(),
  }),
  overhead: resourceList('What the runtime itself needs.'),
  preemptionPolicy: s.string('PreemptLowerPriority (default) or Never.').values('Never', 'PreemptLowerPriority'),
  priority: s.int32('Set from the priority class.'),
  priorityClassName: s.string('The priority class.'),
  readinessGates: s
    .listOf(
      corePart('PodReadinessGate', 'A condition that readiness needs.', {
        conditionType: s.string('The condition.').required(),
      }),
      'Conditions that readiness needs besides.',
    )
    .atomic(),
  resourceClaims: s
    .listOf(
      corePart('PodResourceClaim', 'A claim of devices.', {
        name: s.string('Its name in the pod.').required(),
        resourceClaimName: s.string('The claim.'),
        resourceClaimTemplateName: s.string('The template to make it from.'),
      }),
      'Claims of devices.',
    )
    .mergeBy('name')
    .retainKeys(),
  resources: resourceRequirements.describe('What all containers need together.'),
  restartPolicy: s
    .string('Always (default), OnFailure or Never.')
    .default('Always')
    .values('Always', 'Never', 'OnFailure'),
  runtimeClassName: s.string('The runtime class.'),
  schedulerName: s.string('The scheduler.').default('default-scheduler'),
  schedulingGates: s
    .listOf(
      corePart('PodSchedulingGate', 'What scheduling waits for.', { name: s.string('Its name.').required() }),
      'What scheduling waits for.',
    )
    .mergeBy('name'),
  securityContext: podSecurityContext.describe('Rights of all containers.').default({}),
  serviceAccount: s.string('Replaced by serviceAccountName.'),
  serviceAccountName: s.string('The service account.'),
  setHostnameAsFQDN: s.boolean('Whether the host name is the whole domain name.'),
  shareProcessNamespace: s.boolean('Whether containers see each other’s processes.'),
  subdomain: s.string('Domain under the service of this name.'),
  terminationGracePeriodSeconds: s.int64('Seconds that containers are given to end.').default(30),
  tolerations: s.listOf(toleration, 'Taints that it bears.').atomic(),
  topologySpreadConstraints: s
    .listOf(topologySpreadConstraint, 'How to spread pods over the cluster.')
    .mergeBy('topologyKey', 'whenUnsatisfiable'),
  volumes: s.listOf(volume, 'Volumes that containers can mount.').mergeBy('name').retainKeys(),
});

export const podTemplateSpec = corePart('PodTemplateSpec', 'What pods are made from.', {
  metadata: objectMetaField.describe('Labels and annotations of the pods.'),
  spec: podSpec.describe('What runs in them.'),
});

const containerState = corePart('ContainerState', 'The state of a container: one of these.', {
  running: corePart('ContainerStateRunning', 'It runs.', { startedAt: s.time('Since when.') }),
  terminated: corePart('ContainerStateTerminated', 'It has ended.', {
    containerID: s.string('Its id.'),
    exitCode: s.int32('Its exit code.'),
    finishedAt: s.time('When it ended.'),
    message: s.string('Its last words.'),
    reason: s.string('Why it ended.'),
    signal: s.int32('The signal that ended it.'),
    startedAt: s.time('When it began.'),
  }),
  waiting: corePart('ContainerStateWaiting', 'It does not run yet.', {
    message: s.string('Why, in words.'),
    reason: s.string('Why, in one word.'),
  }),
});

const containerStatus = corePart('ContainerStatus', 'How a container is.', {
  allocatedResources: resourceList('What it was given.'),
  allocatedResourcesStatus: s
    .listOf(
      corePart('ResourceStatus', 'Health of a resource.', {
        name: s.string('The resource.'),
        resources: s
          .listOf(
            corePart('ResourceHealth', 'Health of one device.', {
              health: s.string('Healthy, Unhealthy or Unknown.'),
              resourceID: s.string('The device.'),
            }),
            'Devices.',
          )
          .atomic(),
      }),
      'Health of its devices.',
    )
    .mergeBy('name'),
  containerID: s.string('Its id.'),
  image: s.string('Its image.'),
  imageID: s.string('The image with its digest.'),
  lastState: containerState.describe('How it was before it was started again.'),
  name: s.string('Its name.'),
  ready: s.boolean('Whether it is ready.'),
  resources: resourceRequirements.describe('What it has.'),
  restartCount: s.int32('How often it was started again.'),
  started: s.boolean('Whether it has started.'),
  state: containerState.describe('How it is now.'),
  user: corePart('ContainerUser', 'Who it runs as.', {
    linux: corePart('LinuxContainerUser', 'Ids on Linux.', {
      gid: s.int64('Group id.'),
      supplementalGroups: s.listOf(s.int64(''), 'Further groups.').atomic(),
      uid: s.int64('User id.'),
    }),
  }),
  volumeMounts: s
    .listOf(
      corePart('VolumeMountStatus', 'A mounted volume.', {
        mountPath: s.string('Where.'),
        name: s.string('The volume.'),
        readOnly: s.boolean('Whether it can only be read.'),
        recursiveReadOnly: s.string('Whether that holds for what is mounted below.'),
      }),
      'Mounted volumes.',
    )
    .mergeBy('mountPath'),
});

const containerStatuses = (description: string) => s.listOf(containerStatus, description).atomic();
const addresses = (name: string, description: string) =>
  s.listOf(corePart(name, 'An address.', { ip: s.string('The address.').required() }), description);

export const podStatus = corePart('PodStatus', 'How a pod is.', {
  conditions: s
    .listOf(
      olderCondition(`${CORE}.PodCondition`, {
        lastProbeTime: s.time('When it was looked at last.'),
      }),
      'PodScheduled, Initialized, ContainersReady, Ready and others.',
    )
    .mergeBy('type'),
  containerStatuses: containerStatuses('Its containers.'),
  ephemeralContainerStatuses: containerStatuses('Containers that were added.'),
  hostIP: s.string('Address of the node.'),
  hostIPs: addresses('HostIP', 'Addresses of the node.')
    .with({ 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'ip' })
    .atomic(),
  initContainerStatuses: containerStatuses('Its init containers.'),
  message: s.string('Why, in words.'),
  nominatedNodeName: s.string('The node that is being made free for it.'),
  phase: s.string('Pending, Running, Succeeded, Failed or Unknown.'),
  podIP: s.string('Its address.'),
  podIPs: addresses('PodIP', 'Its addresses.').mergeBy('ip'),
  qosClass: s.string('Guaranteed, Burstable or BestEffort.'),
  reason: s.string('Why, in one word.'),
  resourceClaimStatuses: s
    .listOf(
      corePart('PodResourceClaimStatus', 'A claim of devices.', {
        name: s.string('Its name in the pod.'),
        resourceClaimName: s.string('The claim.'),
      }),
      'Claims of devices.',
    )
    .mergeBy('name')
    .retainKeys(),
  resize: s.string('How far a change of resources is.'),
  startTime: s.time('When the node took it.'),
});
