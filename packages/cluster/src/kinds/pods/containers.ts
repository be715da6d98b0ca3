/** Containers of pods. */
import { s } from '@longshore/apiserver';
import { corePart } from '../core/core-part.js';
import { resourceList } from '../core/references.js';
import { objectFieldSelector, resourceFieldSelector } from './volumes.js';

const CORE = 'io.k8s.api.core.v1';
const keySelector = (name: string, description: string) =>
  s.shared(
    `${CORE}.${name}`,
    description,
    {
      key: s.string('The key.').required(),
      name: s.string('The object.'),
      optional: s.boolean('Whether it may be missing.'),
    },
    { 'x-kubernetes-map-type': 'atomic' },
  );

const optional = s.boolean('Whether it may be missing.');

const envVar = corePart('EnvVar', 'A variable of the environment.', {
  name: s.string('Its name.').required(),
  value: s.string('Its value; $(NAME) stands for other variables.'),
  valueFrom: corePart('EnvVarSource', 'Where the value comes from.', {
    configMapKeyRef: keySelector('ConfigMapKeySelector', 'A key of a config map.'),
    fieldRef: objectFieldSelector.describe('A field of the pod.'),
    resourceFieldRef: resourceFieldSelector.describe('A resource of the container.'),
    secretKeyRef: keySelector('SecretKeySelector', 'A key of a secret.'),
  }),
});

const envFromSource = corePart('EnvFromSource', 'All keys of an object as variables.', {
  configMapRef: corePart('ConfigMapEnvSource', 'A config map.', { name: s.string('Its name.'), optional }),
  prefix: s.string('What stands before each key.'),
  secretRef: corePart('SecretEnvSource', 'A secret.', { name: s.string('Its name.'), optional }),
});

const httpGet = corePart('HTTPGetAction', 'An HTTP GET request.', {
  host: s.string('Host name; default: the address of the pod.'),
  httpHeaders: s
    .listOf(
      corePart('HTTPHeader', 'A header.', {
        name: s.string('Its name.').required(),
        value: s.string('Its value.'),
      }),
      'Headers to send.',
    )
    .atomic(),
  path: s.string('The path.').default('/'),
  port: s.intOrString('The port, by number or name.'),
  scheme: s.string('HTTP (default) or HTTPS.').default('HTTP'),
});

const exec = corePart('ExecAction', 'A command in the container.', {
  command: s.strings('The command and its arguments; there is no shell.').atomic(),
});

const tcpSocket = corePart('TCPSocketAction', 'A TCP connection.', {
  host: s.string('Host name; default: the address of the pod.'),
  port: s.intOrString('The port, by number or name.'),
});

const probe = corePart('Probe', 'A check of a container.', {
  exec: exec.describe('A command that must end with 0.'),
  failureThreshold: s.int32('How many failures in a row count.').default(3),
  grpc: corePart('GRPCAction', 'A gRPC health check.', {
    port: s.int32('The port.'),
    service: s.string('The service to ask for.').default(''),
  }),
  httpGet: httpGet.describe('A request that must be answered with success.'),
  initialDelaySeconds: s.int32('Seconds before the first check.'),
  periodSeconds: s.int32('Seconds between checks.').default(10),
  successThreshold: s.int32('How many successes in a row count.').default(1),
  tcpSocket: tcpSocket.describe('A connection that must be made.'),
  terminationGracePeriodSeconds: s.int64('Seconds to end when the check fails.'),
  timeoutSeconds: s.int32('Seconds after which a check has failed.').default(1),
});

const lifecycleHandler = corePart('LifecycleHandler', 'What to do at a point in the life of a container.', {
  exec: exec.describe('Run a command.'),
  httpGet: httpGet.describe('Send a request.'),
  sleep: corePart('SleepAction', 'Wait.', { seconds: s.int64('How long.') }),
  tcpSocket: tcpSocket.describe('No longer used.'),
});

const lifecycle = corePart('Lifecycle', 'What to do after the start and before the end of a container.', {
  postStart: lifecycleHandler.describe('After the start.'),
  preStop: lifecycleHandler.describe('Before the end.'),
});

export const resourceRequirements = corePart('ResourceRequirements', 'What a container needs.', {
  claims: s
    .listOf(
      corePart('ResourceClaim', 'A claim of the pod.', {
        name: s.string('Its name in the pod.').required(),
        request: s.string('One request of the claim.'),
      }),
      'Claims that it uses.',
    )
    .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  limits: resourceList('At most.'),
  requests: resourceList('At least; default: the limits.'),
});

export const seLinuxOptions = corePart('SELinuxOptions', 'An SELinux context.', {
  level: s.string('Level.'),
  role: s.string('Role.'),
  type: s.string('Type.'),
  user: s.string('User.'),
});

export const seccompProfile = corePart('SeccompProfile', 'Which system calls are allowed.', {
  localhostProfile: s.string('A profile file of the node.'),
  type: s
    .string('Localhost, RuntimeDefault or Unconfined.')
    .values('Localhost', 'RuntimeDefault', 'Unconfined')
    .required(),
});

export const appArmorProfile = corePart('AppArmorProfile', 'An AppArmor profile.', {
  localhostProfile: s.string('A profile that is loaded on the node.'),
  type: s
    .string('Localhost, RuntimeDefault or Unconfined.')
    .values('Localhost', 'RuntimeDefault', 'Unconfined')
    .required(),
});

export const windowsOptions = corePart('WindowsSecurityContextOptions', 'Settings for Windows.', {
  gmsaCredentialSpec: s.string('Credential specification.'),
  gmsaCredentialSpecName: s.string('Its name.'),
  hostProcess: s.boolean('Whether it runs as a process of the host.'),
  runAsUserName: s.string('User.'),
});

const securityContext = corePart('SecurityContext', 'Rights of a container; they win over those of the pod.', {
  allowPrivilegeEscalation: s.boolean('Whether a process may gain more rights than its parent.'),
  appArmorProfile: appArmorProfile.describe('AppArmor profile.'),
  capabilities: corePart('Capabilities', 'Capabilities to add and to take away.', {
    add: s.strings('To add.').atomic(),
    drop: s.strings('To take away.').atomic(),
  }),
  privileged: s.boolean('Whether it has the rights of root on the node.'),
  procMount: s.string('How /proc is mounted: Default or Unmasked.'),
  readOnlyRootFilesystem: s.boolean('Whether its root file system can only be read.'),
  runAsGroup: s.int64('Group id.').atLeast(0),
  runAsNonRoot: s.boolean('Whether it may not run as root.'),
  runAsUser: s.int64('User id.').atLeast(0),
  seLinuxOptions: seLinuxOptions.describe('SELinux context.'),
  seccompProfile: seccompProfile.describe('Which system calls are allowed.'),
  windowsOptions: windowsOptions.describe('Settings for Windows.'),
});

export const containerPort = corePart('ContainerPort', 'A port that a container listens on.', {
  containerPort: s.int32('The port.').required(),
  hostIP: s.string('Address of the node to bind to.'),
  hostPort: s.int32('Port of the node.'),
  name: s.string('Name that services can refer to.'),
  protocol: s.string('TCP (default), UDP or SCTP.').default('TCP').values('SCTP', 'TCP', 'UDP'),
});

const volumeMount = corePart('VolumeMount', 'A volume in a container.', {
  mountPath: s.string('Where it is seen.').required(),
  mountPropagation: s.string('None, HostToContainer or Bidirectional.'),
  name: s.string('The volume.').required(),
  readOnly: s.boolean('Whether it can only be read.'),
  recursiveReadOnly: s.string('Disabled, IfPossible or Enabled.'),
  subPath: s.string('A path in the volume.'),
  subPathExpr: s.string('As subPath, with variables.'),
});

const volumeDevice = corePart('VolumeDevice', 'A block device in a container.', {
  devicePath: s.string('Where it is seen.').required(),
  name: s.string('The claim’s volume.').required(),
});

const containerFields = {
  args: s.strings('Arguments; default: those of the image.').atomic(),
  command: s.strings('What to run; default: as the image says.').atomic(),
  env: s.listOf(envVar, 'Variables of the environment.').mergeBy('name'),
  envFrom: s.listOf(envFromSource, 'Objects whose keys become variables.').atomic(),
  image: s.string('The image.'),
  imagePullPolicy: s
    .string('Always, Never or IfNotPresent; default by the tag.')
    .values('Always', 'IfNotPresent', 'Never'),
  lifecycle: lifecycle.describe('What to do at its start and end.'),
  livenessProbe: probe.describe('When this fails, the container is started again.'),
  name: s.string('Unique within the pod; a DNS label.').required(),
  ports: s.listOf(containerPort, 'Ports that it listens on.').mergeBy('containerPort', 'protocol'),
  readinessProbe: probe.describe('When this fails, services do not send to the pod.'),
  resizePolicy: s
    .listOf(
      corePart('ContainerResizePolicy', 'What a change of a resource does.', {
        resourceName: s.string('cpu or memory.').required(),
        restartPolicy: s.string('NotRequired or RestartContainer.').required(),
      }),
      'What a change of its resources does.',
    )
    .atomic(),
  resources: resourceRequirements.describe('What it needs.').default({}),
  restartPolicy: s.string('Always: an init container that goes on running.'),
  securityContext: securityContext.describe('Its rights.'),
  startupProbe: probe.describe('Until this succeeds, the other checks wait.'),
  stdin: s.boolean('Whether its input stays open.'),
  stdinOnce: s.boolean('Whether its input closes after the first client.'),
  terminationMessagePath: s.string('The file with its last words.').default('/dev/termination-log'),
  terminationMessagePolicy: s
    .string('File (default), or FallbackToLogsOnError.')
    .default('File')
    .values('FallbackToLogsOnError', 'File'),
  tty: s.boolean('Whether it has a terminal.'),
  volumeDevices: s.listOf(volumeDevice, 'Block devices.').mergeBy('devicePath'),
  volumeMounts: s.listOf(volumeMount, 'Volumes.').mergeBy('mountPath'),
  workingDir: s.string('Working directory; default: that of the image.'),
};

export const container = corePart('Container', 'A program from an image, with what it needs.', containerFields);

export const ephemeralContainer = corePart('EphemeralContainer', 'A container that is added to a running pod.', {
  ...containerFields,
  targetContainerName: s.string('The container whose processes it sees.'),
});
