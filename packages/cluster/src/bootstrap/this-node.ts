import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem } from 'node:os';
import { formatTime, type KubeObject } from '@longshore/kube';

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64', ppc64: 'ppc64le', s390x: 's390x' };
const READY_CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'there is enough memory'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'there is enough room on the disk'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'there are enough process numbers'],
  ['Ready', 'True', 'KubeletReady', 'this machine runs the cluster'],
] as const;

/** The name of this machine as a Kubernetes object can be called. */
export function nodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '');
  return name === '' ? 'localhost' : name.slice(0, 63);
}

/** The Node that stands for this machine. */
export function thisNode(version: string, now: Date): KubeObject {
  const name = nodeName();
  const architecture = ARCHITECTURES[arch()] ?? arch();
  const time = formatTime(now);
  const resources = { cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '250' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/control-plane': '',
        'node-role.kubernetes.io/master': '',
        'node-role.kubernetes.io/worker': '',
      },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: firstAddress() },
        { type: 'Hostname', address: name },
      ],
      allocatable: resources,
      capacity: resources,
      conditions: READY_CONDITIONS.map(([type, status, reason, message]) => ({
        type,
        status,
        reason,
        message,
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      })),
      nodeInfo: {
        architecture,
        kernelVersion: release(),
        kubeletVersion: `v${version}`,
        operatingSystem: 'linux',
        osImage: 'Longshore',
      },
    },
  };
}

/** The first IPv4 address that other machines may reach, else the loopback address. */
function firstAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
