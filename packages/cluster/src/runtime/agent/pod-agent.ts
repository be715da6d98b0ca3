import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Controller } from '@longshore/apiserver';
import { objectKey, type KubeObject } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { ContainerLog } from '../logs/container-log.js';
import { whyNotRun } from '../own-image.js';
import { PodRunner } from './pod-runner.js';
import type { PodServices } from './pod-services.js';
import { isTerminal } from './pod-status.js';

/** Volumes follow their objects at once; tokens are looked at so often. */
const REFRESH_MS = 60_000;

/** Runs the pods of this node, as a kubelet does. */
export class PodAgent {
  private readonly runners = new Map<string, PodRunner>();
  private isStopping = false;

  constructor(private readonly services: PodServices) {}

  get controllers(): Controller[] {
    const namespaceOf = ({ metadata }: KubeObject) => [metadata.namespace ?? ''];
    return [
      {
        name: 'pod-agent',
        follows: { pods: (pod) => [objectKey(pod)] },
        reconcile: async (key) => this.settle(key),
      },
      {
        name: 'pod-volumes',
        follows: { configmaps: namespaceOf, secrets: namespaceOf },
        reconcile: async (namespace) => this.refresh(namespace),
      },
    ];
  }

  /** Ends what an earlier process of the cluster left running, and removes what is left of pods that are gone. */
  async recover(): Promise<void> {
    const { records, objects, folder } = this.services;
    await records.endAll();
    const { items } = await objects.list<Pod>('pods');
    const known = new Set(items.map(({ metadata }) => metadata.uid));
    for (const uid of await readdir(folder).catch(() => [])) {
      if (!known.has(uid)) await rm(join(folder, uid), { recursive: true, force: true });
    }
  }

  /** Ends all containers; the pods go on at the next start. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all([...this.runners.values()].map((runner) => runner.stop(false)));
  }

  /** The output of a container that is being written. */
  runningLog(pod: Pod, container: string): ContainerLog | undefined {
    const runner = this.runners.get(objectKey(pod));
    return runner?.uid === pod.metadata.uid ? runner?.runningLog(container) : undefined;
  }

  private async settle(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const pod = await this.services.objects.get<Pod>('pods', namespace, name);
    const runner = this.runners.get(key);
    if (runner !== undefined && runner.uid === pod?.metadata.uid) return runner.update(pod);
    if (runner !== undefined) {
      // Others need not wait until it has ended.
      this.runners.delete(key);
      void runner
        .stop(true)
        .then(() => runner.clear())
        .catch((error: unknown) => this.services.onError(error));
    }
    if (pod === undefined || this.isStopping || pod.spec.nodeName !== this.services.nodeName) return;
    if (isTerminal(pod.status)) {
      if (pod.metadata.deletionTimestamp !== undefined)
        await this.services.removePod(namespace, name, pod.metadata.uid ?? '');
      return;
    }
    const why = await this.whyRefused(pod);
    if (why !== undefined) return this.refuse(pod, why);
    this.runners.set(key, new PodRunner(pod, this.services));
  }

  /** Whoever makes a pod may name its node, so the scheduler is not the only one to look. */
  private async whyRefused({ metadata: { namespace: name = '' }, spec }: Pod): Promise<string | undefined> {
    const { objects, nodeName } = this.services;
    const namespace = await objects.get('namespaces', '', name);
    const node = await objects.get('nodes', '', nodeName);
    return whyNotRun(spec, { name, labels: namespace?.metadata.labels ?? {} }, node?.metadata.labels ?? {});
  }

  private async refuse(pod: Pod, message: string): Promise<void> {
    const { namespace = '', name = '' } = pod.metadata;
    const reason = 'NotRunnable';
    await this.services.objects.change<Pod>('pods', namespace, name, 'status', (current) => {
      return { ...current, status: { ...current.status, phase: 'Failed', reason, message } };
    });
    await this.services.events.tell(pod, { type: 'Warning', reason, message });
  }

  /** Tells the pods the names and addresses of services. */
  async writeHosts(): Promise<void> {
    for (const runner of this.runners.values()) await runner.writeHosts();
  }

  private async refresh(namespace: string): Promise<{ after: number }> {
    for (const [key, runner] of this.runners) if (key.startsWith(`${namespace}/`)) await runner.refresh();
    return { after: REFRESH_MS };
  }
}
