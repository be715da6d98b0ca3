import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { ContainerLog } from '../logs/container-log.js';
import { containerCommand } from '../process/command.js';
import { ContainerProcess } from '../process/container-process.js';
import { ControlGroups, limitsOf } from '../process/control-groups.js';
import { containerEnvironment, type KeyedValues } from '../process/environment.js';
import { containerMounts, translatePaths, type Mount } from '../process/mount.js';
import { POD_ADDRESS_VARIABLE } from '../process/pod-address.js';
import { signalProcess } from '../process/process-identity.js';
import { rootPlan, type Machine } from '../process/root-plan.js';
import { readKeyed } from '../volumes/pod-objects.js';
import { API_ACCESS, API_ACCESS_PATH, type VolumeFolder } from '../volumes/pod-volumes.js';
import type { StartedContainer } from './container-runner.js';
import type { PodPlace } from './pod-fields.js';
import type { PodServices } from './pod-services.js';

export interface ContainerStart {
  pod: Pod;
  container: Container;
  place: PodPlace;
  /** Of the container. */
  folder: string;
  volumes: ReadonlyMap<string, VolumeFolder>;
  /** Bound over `/etc/hosts`. */
  hostsFile: string;
  log: ContainerLog;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Between the end of the cluster and that of its containers. */
const ORPHAN_GRACE_SECONDS = 5;

/** Starts a container as a process. Errors: ContainerConfigError while something is missing; those of the system. */
export async function startContainer(start: ContainerStart, services: PodServices): Promise<StartedContainer> {
  const { container, pod, folder, log } = start;
  const { isolation } = services;
  const wanted = await environmentOf(start, services);
  const mounts = mountsOf(start, wanted);
  const isOwnPaths = isolation.type === 'paths';
  const translate = (text: string) => (isOwnPaths ? translatePaths(text, mounts) : text);
  const environment = mapValues(wanted, translate);
  if (isOwnPaths) Object.assign(environment, await kubeconfigFor(start, environment, mounts, services));
  const command = (words: readonly string[]) =>
    words.map(translate).map((word, at) => (at === 0 && word === 'longshore' ? services.program : word));
  const root = join(folder, 'root');
  await mkdir(root, { recursive: true });
  const groups = await ControlGroups.make(
    `${pod.metadata.uid}.${container.name}.${log.restart}`,
    limitsOf(container.resources?.limits),
  );
  if (groups.problem !== undefined && log.restart === 0) {
    await services.events.tell(pod, { type: 'Warning', reason: 'LimitsNotHeld', message: groups.problem });
  }
  const process = await ContainerProcess.start({
    command: command(containerCommand(container, wanted)),
    workingDir: translate(container.workingDir || '/'),
    controlGroups: groups.files,
    graceSeconds: ORPHAN_GRACE_SECONDS,
    ...(isolation.type === 'namespace' && {
      unshare: isolation.unshare,
      root: { path: root, steps: rootPlan(mounts, THIS_MACHINE, services.programFiles) },
    }),
    folder,
    environment,
    records: services.records,
    output: log,
  });
  return {
    process,
    exec: (words, signal) => runBeside(process.pid, command(words), environment, services, signal),
    wasOutOfMemory: async () => {
      const is = await groups.wasOutOfMemory();
      await groups.remove();
      return is;
    },
  };
}

const THIS_MACHINE: Machine = {
  entry(path) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) return { type: 'link', to: readlinkSync(path) };
    return { type: stats.isDirectory() ? 'folder' : 'file' };
  },
  names: (folder) => readdirSync(folder),
};

function mountsOf({ container, volumes, hostsFile }: ContainerStart, environment: Record<string, string>): Mount[] {
  const mounts = containerMounts(container, volumes, environment);
  const implicit: Mount[] = [{ source: hostsFile, target: '/etc/hosts', readOnly: true }];
  const access = volumes.get(API_ACCESS.name);
  if (access !== undefined) implicit.push({ source: access.path, target: API_ACCESS_PATH, readOnly: true });
  return [...mounts, ...implicit.filter(({ target }) => !mounts.some((mount) => mount.target === target))];
}

async function environmentOf(start: ContainerStart, services: PodServices): Promise<Record<string, string>> {
  const { pod, container, place } = start;
  const { host, port } = services.api;
  return containerEnvironment({
    pod,
    container,
    place,
    capacity: services.volumes.capacity,
    values: await valuesFor(container, pod.metadata.namespace ?? '', services),
    base: {
      PATH: `${dirname(services.program)}:${PATH}`,
      HOME: '/root',
      HOSTNAME: pod.metadata.name ?? '',
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: port,
      KUBERNETES_SERVICE_PORT_HTTPS: port,
      ...(!pod.spec.hostNetwork && { [POD_ADDRESS_VARIABLE]: place.podIp }),
    },
  });
}

/** Reads the config maps and secrets that the environment of a container names. */
async function valuesFor(container: Container, namespace: string, { objects }: PodServices): Promise<KeyedValues> {
  const names = { configMap: new Set<string>(), secret: new Set<string>() };
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef?.name) names.configMap.add(configMapRef.name);
    if (secretRef?.name) names.secret.add(secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name) names.configMap.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name) names.secret.add(valueFrom.secretKeyRef.name);
  }
  const read = async (kind: 'configMap' | 'secret') => {
    const found = new Map<string, Record<string, string>>();
    for (const name of names[kind]) {
      const data = await readKeyed(objects, kind, namespace, name);
      if (data !== undefined)
        found.set(name, Object.fromEntries([...data].map(([key, bytes]) => [key, bytes.toString()])));
    }
    return found;
  };
  const [configMaps, secrets] = [await read('configMap'), await read('secret')];
  return { configMap: (name) => configMaps.get(name), secret: (name) => secrets.get(name) };
}

/** Where the files of the service account cannot be where clients look for them, a kubeconfig tells where they are. */
async function kubeconfigFor(
  { folder }: ContainerStart,
  environment: Readonly<Record<string, string>>,
  mounts: readonly Mount[],
  { api }: PodServices,
): Promise<Record<string, string>> {
  const access = mounts.find(({ target }) => target === API_ACCESS_PATH);
  if (access === undefined || environment['KUBECONFIG'] !== undefined) return {};
  const path = join(folder, 'kubeconfig');
  const server = `https://${api.host.includes(':') ? `[${api.host}]` : api.host}:${api.port}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'pod', cluster: { server, 'certificate-authority': join(access.source, 'ca.crt') } }],
    users: [{ name: 'pod', user: { tokenFile: join(access.source, 'token') } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
    'current-context': 'pod',
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return { KUBECONFIG: path };
}

async function runBeside(
  pid: number,
  [command = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  { isolation }: PodServices,
  signal: AbortSignal,
): Promise<number> {
  const words =
    isolation.type === 'namespace'
      ? [
          join(dirname(isolation.unshare), 'nsenter'),
          '--target',
          String(pid),
          '--mount',
          '--root',
          '--',
          command,
          ...args,
        ]
      : [command, ...args];
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: '/',
    env: { ...environment },
    detached: true,
    stdio: 'ignore',
  });
  const end = () => child.pid !== undefined && signalProcess(-child.pid, 'SIGKILL');
  signal.addEventListener('abort', end);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    signal.throwIfAborted();
    return code ?? 137;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function mapValues(record: Readonly<Record<string, string>>, map: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
