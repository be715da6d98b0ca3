import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff, hasReason, jsonEqual, systemClock } from '@longshore/kube';
import type { Volume } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { ContainerConfigError } from '../process/container-config-error.js';
import { API_ACCESS, settleVolume, type VolumeFolder } from '../volumes/pod-volumes.js';
import { ContainerRunner, Ending, logFolder } from './container-runner.js';
import type { Happening } from './event-recorder.js';
import type { PodPlace } from './pod-fields.js';
import type { PodServices } from './pod-services.js';
import { isTerminal, podStatus } from './pod-status.js';
import { startContainer } from './start-container.js';

const DEFAULT_GRACE_SECONDS = 30;
/** When the cluster itself ends, containers have at most so long. */
const SHUTDOWN_GRACE_SECONDS = 10;
const RETRY_MS = { base: 500, max: 10_000 };

/** A pod that this machine runs, from its start to its end. */
export class PodRunner {
  /** When everything that runs for the pod has ended. */
  readonly ended: Promise<void>;
  private readonly ending = new AbortController();
  private readonly hurry = new AbortController();
  private readonly place: PodPlace;
  private readonly startTime = new Date();
  private readonly folder: string;
  private readonly init: ContainerRunner[];
  private readonly containers: ContainerRunner[];
  private folders: ReadonlyMap<string, VolumeFolder> | undefined;
  private failure: { reason: string; message: string } | undefined;
  private hosts: string | undefined;
  private isDirty = false;
  private writing: Promise<void> | undefined;

  constructor(
    private pod: Pod,
    private readonly services: PodServices,
  ) {
    const { spec, status = {}, metadata } = pod;
    const podIp = spec.hostNetwork ? services.hostIp : services.takeAddress(status.podIP);
    this.place = { podIp, hostIp: services.hostIp, nodeName: services.nodeName };
    this.folder = join(services.folder, metadata.uid ?? '');
    const runner = (container: Pod['spec']['containers'][number], known = status.containerStatuses) =>
      new ContainerRunner(
        this.hostOf(container),
        container,
        known?.find(({ name }) => name === container.name),
      );
    this.init = (spec.initContainers ?? []).map((one) => runner(one, status.initContainerStatuses));
    this.containers = spec.containers.map((one) => runner(one));
    this.ended = this.run().catch((error: unknown) => services.onError(error));
    this.update(pod);
  }

  get uid(): string {
    return this.pod.metadata.uid ?? '';
  }

  /** The run of a container whose output is still written. */
  runningLog(container: string) {
    return [...this.init, ...this.containers].find((one) => one.container.name === container)?.log;
  }

  /** Takes note of a newer state of the pod. */
  update(pod: Pod): void {
    this.pod = pod;
    if (pod.metadata.deletionTimestamp === undefined) return;
    const grace = pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    this.ending.abort(new Ending(grace, true));
    void this.ended.then(() => this.finish()).catch((error: unknown) => this.services.onError(error));
  }

  /** Ends everything, because the pod is gone (at once) or the cluster ends; the pod stays what it is. */
  async stop(isGone: boolean): Promise<void> {
    const soon = new Ending(isGone ? 0 : Math.min(this.graceSeconds, SHUTDOWN_GRACE_SECONDS), false);
    this.ending.abort(soon);
    this.hurry.abort(soon);
    await this.ended;
    await this.writing;
  }

  /** What lies on disk for the pod, and its address. When everything has ended. */
  async clear(): Promise<void> {
    if (!this.pod.spec.hostNetwork) this.services.releaseAddress(this.place.podIp);
    this.services.volumes.tokens.forget(this.uid);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Brings volumes up to date with the objects that they come from. */
  async refresh(): Promise<void> {
    if (this.folders === undefined || this.ending.signal.aborted) return;
    await this.settle().catch((error: unknown) => {
      // What is gone meanwhile stays as it was, as with kubelets.
      if (!(error instanceof ContainerConfigError)) throw error;
    });
  }

  /** The names that its containers know. */
  async writeHosts(): Promise<void> {
    if (this.ending.signal.aborted) return;
    const { metadata, spec } = this.pod;
    const aliases = (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join(' ')}\n`);
    const own = `127.0.0.1\tlocalhost\n::1\tlocalhost\n${this.place.podIp}\t${metadata.name}\n`;
    const text = `${own}${aliases.join('')}${this.services.hosts()}`;
    if (text === this.hosts) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // In place: it is bound into mount namespaces as a file.
    await writeFile(this.hostsFile, text, { mode: 0o644 });
    this.hosts = text;
  }

  private get graceSeconds(): number {
    return this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  }

  private get hostsFile(): string {
    return join(this.folder, 'hosts');
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    const deadline = this.watchDeadline();
    try {
      this.changed();
      await this.prepare(signal);
      for (const runner of this.init) {
        await runner.run(signal);
        if (runner.status.state?.terminated?.exitCode !== 0) break;
      }
      const isInitialized = this.init.every(({ status }) => status.state?.terminated?.exitCode === 0);
      if (isInitialized && this.folders !== undefined) {
        await Promise.all(this.containers.map((runner) => runner.run(signal)));
      }
    } finally {
      clearTimeout(deadline);
      this.changed();
      await this.writing;
    }
  }

  /** A pod that is deleted goes when its containers have ended. */
  private async finish(): Promise<void> {
    const { metadata } = this.pod;
    await this.services.removePod(metadata.namespace ?? '', metadata.name ?? '', this.uid).catch((error: unknown) => {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    });
  }

  private watchDeadline(): NodeJS.Timeout | undefined {
    const { activeDeadlineSeconds: seconds } = this.pod.spec;
    if (seconds === undefined) return undefined;
    const begin = this.pod.status?.startTime;
    const left = Math.max((begin ? Date.parse(begin) : Date.now()) + seconds * 1000 - Date.now(), 0);
    return setTimeout(
      () => {
        this.failure = {
          reason: 'DeadlineExceeded',
          message: 'Pod was active on the node longer than the specified deadline',
        };
        this.ending.abort(new Ending(this.graceSeconds, true));
      },
      Math.min(left, 2 ** 31 - 1),
    );
  }

  /** Makes folders and volumes, however long it takes until everything for them is there. */
  private async prepare(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY_MS.base, RETRY_MS.max);
    await this.writeHosts();
    while (!signal.aborted) {
      try {
        await this.settle();
        this.changed();
        return;
      } catch (error) {
        const { message } = error as Error;
        this.tell({ type: 'Warning', reason: 'FailedMount', message: `MountVolume.SetUp failed: ${message}` });
        if (!(error instanceof ContainerConfigError)) this.services.onError(error);
      }
      await systemClock.sleep(backoff.next(), signal).catch(() => undefined);
    }
  }

  private async settle(): Promise<void> {
    const { pod, place, services } = this;
    const folders = new Map<string, VolumeFolder>();
    for (const volume of this.volumes) {
      const folder = join(this.folder, 'volumes');
      folders.set(volume.name, await settleVolume(volume, pod, folder, place, services.volumes));
    }
    this.folders = folders;
  }

  private get volumes(): Volume[] {
    const { volumes = [], automountServiceAccountToken = true } = this.pod.spec;
    return automountServiceAccountToken ? [...volumes, API_ACCESS] : volumes;
  }

  private hostOf(container: Pod['spec']['containers'][number]) {
    const folder = logFolder(this.folder, container.name);
    const { name, namespace } = this.pod.metadata;
    return {
      uid: this.uid,
      podName: `${name}_${namespace}(${this.uid})`,
      podIp: this.place.podIp,
      restartPolicy: this.pod.spec.restartPolicy ?? 'Always',
      graceSeconds: this.graceSeconds,
      hurry: this.hurry.signal,
      folder,
      changed: () => this.changed(),
      tell: (happening: Happening) => this.tell(happening),
      start: (log: ContainerRunner['log'] & object) => {
        const { pod, place, hostsFile } = this;
        const volumes = this.folders ?? new Map<string, VolumeFolder>();
        return startContainer({ pod, container, place, folder, volumes, hostsFile, log }, this.services);
      },
    };
  }

  private tell(happening: Happening): void {
    void this.services.events.tell(this.pod, happening);
  }

  /** Writes the status; what changes meanwhile is written behind. */
  private changed(): void {
    this.isDirty = true;
    this.writing ??= this.writeStatus().finally(() => {
      this.writing = undefined;
    });
  }

  private async writeStatus(): Promise<void> {
    const { namespace = '', name = '' } = this.pod.metadata;
    const backoff = new Backoff(RETRY_MS.base, RETRY_MS.max);
    while (this.isDirty) {
      this.isDirty = false;
      try {
        const known = await this.services.objects.get<Pod>('pods', namespace, name);
        if (known === undefined || known.metadata.uid !== this.uid || isTerminal(known.status)) return;
        if (jsonEqual(this.statusOf(known), known.status)) continue;
        await this.services.objects.change<Pod>('pods', namespace, name, 'status', (pod) => {
          return pod.metadata.uid === this.uid ? { ...pod, status: this.statusOf(pod) } : pod;
        });
      } catch (error) {
        if (hasReason(error, 'NotFound')) return;
        this.services.onError(error);
        this.isDirty = true;
        await systemClock.sleep(backoff.next());
      }
    }
  }

  private statusOf({ spec, status: known = {} }: Pod): Pod['status'] {
    const began = known.startTime;
    const status = podStatus(
      {
        spec,
        known,
        place: this.place,
        startTime: began === undefined ? this.startTime : new Date(began),
        initContainers: this.init.map((runner) => runner.status),
        containers: this.containers.map((runner) => runner.status),
        hasVolumes: this.folders !== undefined,
        ...(this.failure && { failure: this.failure }),
      },
      new Date(),
    );
    // As it is stored: without what is undefined.
    return JSON.parse(JSON.stringify(status)) as Pod['status'];
  }
}
