import {
  duplicateValue,
  forbiddenField,
  invalidValue,
  requiredValue,
  unsupportedValue,
  valueNotFound,
} from '@longshore/apiserver';
import { checkDnsLabel, type StatusCause } from '@longshore/kube';
import type { Container, ContainerPort, Lifecycle, PodSpec, Probe } from 'kubernetes-types/core/v1.js';
import { checkPort, checkPortNumber, portNameProblems, problems } from '../checks.js';
import { checkEnv } from './env-validation.js';
import { checkResources } from './resources.js';
import { checkRelativePath } from './volume-validation.js';

type Probes = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/** The containers of a pod, and its init containers: names are unique among all of them. */
export function checkContainers(spec: PodSpec, path: string): StatusCause[] {
  const names = new Set<string>();
  const devices = new Map(
    (spec.volumes ?? []).map((volume) => [volume.name, 'persistentVolumeClaim' in volume || 'ephemeral' in volume]),
  );
  const all = (containers: Container[] = [], field: string, isInit: boolean) =>
    containers.flatMap((container, at) => {
      const where = `${field}[${at}]`;
      const causes = checkContainer(container, where, devices, isInit);
      if (container.name && names.has(container.name)) causes.push(duplicateValue(`${where}.name`, container.name));
      names.add(container.name);
      return causes;
    });
  const causes = [
    ...all(spec.containers, `${path}.containers`, false),
    ...all(spec.initContainers, `${path}.initContainers`, true),
  ];
  return [...causes, ...checkHostPorts(spec, path)];
}

/** Of pods alone: in templates, the image `" "` stands for one that a trigger of an image stream will set. */
export function checkPodImages(spec: PodSpec, path: string): StatusCause[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image = '' }, at) =>
      image.trim() === image
        ? []
        : [invalidValue(`${path}.${list}[${at}].image`, image, 'must not have leading or trailing whitespace')],
    ),
  );
}

function checkContainer(
  container: Container,
  path: string,
  volumes: ReadonlyMap<string, boolean>,
  isInit: boolean,
): StatusCause[] {
  const { name, image = '', resources = {} } = container;
  const causes: StatusCause[] = [];
  if (name) causes.push(...problems(`${path}.name`, name, checkDnsLabel(name)));
  if (image === '') causes.push(requiredValue(`${path}.image`));
  causes.push(...checkRestartPolicy(container, path, isInit));
  for (const [kind, probe] of probesOf(container)) {
    if (isInit && container.restartPolicy !== 'Always') {
      causes.push(forbiddenField(`${path}.${kind}`, 'may not be set for init containers without restartPolicy=Always'));
    } else causes.push(...checkProbe(probe, `${path}.${kind}`, kind));
  }
  if (container.lifecycle) {
    if (isInit && container.restartPolicy !== 'Always') {
      causes.push(
        forbiddenField(`${path}.lifecycle`, 'may not be set for init containers without restartPolicy=Always'),
      );
    } else causes.push(...checkLifecycle(container.lifecycle, `${path}.lifecycle`));
  }
  return [
    ...causes,
    ...checkPorts(container.ports ?? [], `${path}.ports`),
    ...checkEnv(container, path),
    ...checkMounts(container, path, volumes),
    ...checkDevices(container, path, volumes),
    ...checkResources(resources, `${path}.resources`),
    ...checkSecurity(container, `${path}.securityContext`),
  ];
}

function checkRestartPolicy({ restartPolicy }: Container, path: string, isInit: boolean): StatusCause[] {
  if (restartPolicy === undefined) return [];
  if (!isInit) return [forbiddenField(`${path}.restartPolicy`, 'may not be set for non-init containers')];
  return restartPolicy === 'Always' ? [] : [unsupportedValue(`${path}.restartPolicy`, restartPolicy, ['Always'])];
}

function probesOf(container: Container): [Probes, Probe][] {
  const kinds: Probes[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];
  return kinds.flatMap((kind) => {
    const probe = container[kind];
    return probe === undefined ? [] : [[kind, probe] as [Probes, Probe]];
  });
}

function checkPorts(ports: ContainerPort[], path: string): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort }, at) => {
    const field = `${path}[${at}]`;
    const causes: StatusCause[] = [];
    if (name) {
      const words = portNameProblems(name);
      causes.push(...problems(`${field}.name`, name, words));
      if (words.length === 0 && names.has(name)) causes.push(duplicateValue(`${field}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) causes.push(requiredValue(`${field}.containerPort`));
    else causes.push(...checkPortNumber(containerPort, `${field}.containerPort`));
    if (hostPort) causes.push(...checkPortNumber(hostPort, `${field}.hostPort`));
    return causes;
  });
}

/** No two containers of a pod bind the same port of the node; with its network, ports are those of the node. */
function checkHostPorts(spec: PodSpec, path: string): StatusCause[] {
  const seen = new Set<string>();
  const causes: StatusCause[] = [];
  for (const [at, { ports = [] }] of spec.containers.entries()) {
    for (const [index, { hostPort, containerPort, protocol = 'TCP', hostIP = '' }] of ports.entries()) {
      if (!hostPort) continue;
      const field = `${path}.containers[${at}].ports[${index}]`;
      if (spec.hostNetwork && hostPort !== containerPort) {
        causes.push(
          invalidValue(`${field}.containerPort`, containerPort, 'must match `hostPort` when `hostNetwork` is true'),
        );
      }
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(key)) causes.push(duplicateValue(`${field}.hostPort`, key));
      seen.add(key);
    }
  }
  return causes;
}

function checkMounts(
  { volumeMounts = [], volumeDevices = [] }: Container,
  path: string,
  volumes: ReadonlyMap<string, boolean>,
): StatusCause[] {
  const seen = new Set<string>();
  const devicePaths = new Set(volumeDevices.map(({ devicePath }) => devicePath));
  return volumeMounts.flatMap(({ name, mountPath, subPath, subPathExpr, mountPropagation }, at) => {
    const field = `${path}.volumeMounts[${at}]`;
    const causes: StatusCause[] = [];
    if (name && !volumes.has(name)) causes.push(valueNotFound(`${field}.name`, name));
    if (seen.has(mountPath)) causes.push(invalidValue(`${field}.mountPath`, mountPath, 'must be unique'));
    if (devicePaths.has(mountPath)) {
      causes.push(invalidValue(`${field}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    seen.add(mountPath);
    if (subPath) causes.push(...checkRelativePath(subPath, `${field}.subPath`));
    if (subPathExpr) {
      if (subPath)
        causes.push(
          invalidValue(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
        );
      causes.push(...checkRelativePath(subPathExpr, `${field}.subPathExpr`));
    }
    if (mountPropagation !== undefined && !['Bidirectional', 'HostToContainer', 'None'].includes(mountPropagation)) {
      causes.push(
        unsupportedValue(`${field}.mountPropagation`, mountPropagation, ['Bidirectional', 'HostToContainer', 'None']),
      );
    }
    return causes;
  });
}

function checkDevices(
  { volumeDevices = [] }: Container,
  path: string,
  volumes: ReadonlyMap<string, boolean>,
): StatusCause[] {
  return volumeDevices.flatMap(({ name }, at) => {
    const field = `${path}.volumeDevices[${at}].name`;
    if (!volumes.has(name)) return [valueNotFound(field, name)];
    return volumes.get(name)
      ? []
      : [
          invalidValue(
            field,
            name,
            'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
          ),
        ];
  });
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = Partial<Record<(typeof HANDLERS)[number], unknown>> &
  Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

function checkHandler(handler: Handler, field: string): StatusCause[] {
  const given = HANDLERS.filter((kind) => handler[kind] !== undefined);
  if (given.length === 0) return [requiredValue(field, 'must specify a handler type')];
  const causes = given
    .slice(1)
    .map((kind) => forbiddenField(`${field}.${kind}`, 'may not specify more than 1 handler type'));
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec && (exec.command ?? []).length === 0) causes.push(requiredValue(`${field}.exec.command`));
  if (httpGet) {
    causes.push(...checkPort(httpGet.port ?? 0, `${field}.httpGet.port`));
    const { scheme = 'HTTP' } = httpGet;
    if (scheme !== 'HTTP' && scheme !== 'HTTPS') {
      causes.push(unsupportedValue(`${field}.httpGet.scheme`, scheme, ['HTTP', 'HTTPS']));
    }
  }
  if (tcpSocket) causes.push(...checkPort(tcpSocket.port ?? 0, `${field}.tcpSocket.port`));
  if (grpc) causes.push(...checkPortNumber(grpc.port ?? 0, `${field}.grpc.port`));
  return causes;
}

const PROBE_NUMBERS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function checkProbe(probe: Probe, field: string, kind: Probes): StatusCause[] {
  const causes = checkHandler(probe, field);
  for (const name of PROBE_NUMBERS) {
    const value = probe[name];
    if (value !== undefined && value < 0)
      causes.push(invalidValue(`${field}.${name}`, value, 'must be greater than or equal to 0'));
  }
  const { terminationGracePeriodSeconds: grace, successThreshold = 1 } = probe;
  if (kind === 'readinessProbe') {
    if (grace !== undefined)
      causes.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
  } else {
    if (grace !== undefined && grace <= 0)
      causes.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
    if (successThreshold !== 1) causes.push(invalidValue(`${field}.successThreshold`, successThreshold, 'must be 1'));
  }
  return causes;
}

function checkLifecycle({ postStart, preStop }: Lifecycle, field: string): StatusCause[] {
  return [
    ...(postStart ? checkHandler(postStart, `${field}.postStart`) : []),
    ...(preStop ? checkHandler(preStop, `${field}.preStop`) : []),
  ];
}

function checkSecurity({ securityContext }: Container, field: string): StatusCause[] {
  if (securityContext?.allowPrivilegeEscalation !== false) return [];
  const { privileged, capabilities } = securityContext;
  const both = (words: string) => [invalidValue(field, securityContext, words)];
  if (privileged) return both('cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  if (capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    return both('cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
  }
  return [];
}
