import { join } from 'node:path';
import type { ObjectAccess, Subresource } from '@longshore/apiserver';
import { badRequest, notFound } from '@longshore/kube';
import type { ContainerStatus } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { logFolder } from '../agent/container-runner.js';
import type { ContainerLog } from './container-log.js';
import { parseLogOptions } from './log-options.js';
import { readLog } from './read-log.js';

export interface LogSource {
  objects: Pick<ObjectAccess, 'get'>;
  /** Holds a folder for each pod. */
  folder: string;
  runningLog: (pod: Pod, container: string) => ContainerLog | undefined;
}

/** `pods/log`: what `kubectl logs` reads. */
export function logSubresource({ objects, folder, runningLog }: LogSource): Subresource {
  return {
    kind: 'Pod',
    schema: {},
    async text(name, { namespace, query, now, signal }) {
      const options = parseLogOptions(query, now.getTime());
      const pod = await objects.get<Pod>('pods', namespace, name);
      if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name);
      const container = chosenContainer(pod, options.container);
      const restart = wantedRun(pod, container, options.previous);
      const writer = runningLog(pod, container);
      const place = {
        folder: logFolder(join(folder, pod.metadata.uid ?? ''), container),
        restart,
        ...(writer?.restart === restart && { writer }),
      };
      return readLog(place, options, signal);
    },
  };
}

/** The container that is asked for, or the only one. Errors: `BadRequest` as of kube-apiserver. */
function chosenContainer({ metadata, spec }: Pod, asked: string | undefined): string {
  const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only = '', ...others] = spec.containers.map(({ name }) => name);
  if (others.length === 0) return only;
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${[only, ...others].join(' ')}]`,
  );
}

/** Which run of a container is meant, counted from 0. Errors: `BadRequest` for one that there is not. */
function wantedRun({ metadata, status = {} }: Pod, container: string, previous: boolean): number {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const found = statuses.find(({ name }) => name === container);
  const { state = {}, lastState = {} } = found ?? {};
  const last = runOf(lastState.terminated?.containerID);
  if (previous) {
    if (last !== undefined) return last;
    throw badRequest(
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(metadata.name)} not found`,
    );
  }
  const now = state.running ? runOf(found?.containerID) : runOf(state.terminated?.containerID);
  const run = now ?? last;
  if (run !== undefined) return run;
  const why = state.waiting?.reason ?? 'it has no node';
  throw badRequest(
    `container ${JSON.stringify(container)} in pod ${JSON.stringify(metadata.name)} is waiting to start: ${why}`,
  );
}

/** The number behind the last dot of a container's ID: `longshore://UID.NAME.3`. */
function runOf(id: ContainerStatus['containerID']): number | undefined {
  const number = id?.slice(id.lastIndexOf('.') + 1);
  return number !== undefined && /^\d{1,9}$/.test(number) ? Number(number) : undefined;
}
