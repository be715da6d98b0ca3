import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff, systemClock } from '@longshore/kube';
import type { Container, ContainerStatus, LifecycleHandler, Probe } from 'kubernetes-types/core/v1.js';
import { ContainerLog } from '../logs/container-log.js';
import { readLog } from '../logs/read-log.js';
import { ContainerConfigError } from '../process/container-config-error.js';
import type { ContainerProcess, ProcessEnd } from '../process/container-process.js';
import type { Happening } from './event-recorder.js';
import { newContainerStatus, runningState, terminatedState } from './container-status.js';
import { httpGet, probeOnce, type ProbeFailure } from './probe.js';
import { afterProbe, NO_PROBE_YET, type ProbeState } from './probe-state.js';
import { afterRun, backOffMessages, isRestarted, type RestartState } from './restart-policy.js';

/** A container that has been started. */
export interface StartedContainer {
  process: ContainerProcess;
  /** Runs a command beside it, as it would; resolves with the exit code. */
  exec(command: readonly string[], signal: AbortSignal): Promise<number>;
  /** Whether the kernel ended it for its memory. */
  wasOutOfMemory(): Promise<boolean>;
}

/** What the pod is to its containers. */
export interface ContainerHost {
  uid: string;
  /** `name_namespace(uid)`, as messages of Kubernetes have it. */
  podName: string;
  podIp: string;
  restartPolicy: string;
  graceSeconds: number;
  /** Aborted with an {@link Ending} when there is no more time for an end that has begun. */
  hurry: AbortSignal;
  /** Of this container, with its logs. */
  folder: string;
  /** Errors: ContainerConfigError while something is missing; those of the system. */
  start(log: ContainerLog): Promise<StartedContainer>;
  /** The status has changed. */
  changed(): void;
  tell(happening: Happening): void;
}

/** How a container is ended: the reason of the signal that ends it. */
export class Ending extends Error {
  override readonly name = 'Ending';
  readonly code = 'CONTAINER_ENDED';
  constructor(
    readonly graceSeconds: number,
    readonly withPreStop: boolean,
  ) {
    super('the container is ended');
  }
}

const EAGER_MS = 1000;
/** How long it takes, generously, until nobody hands a pod that ends another connection. */
const DRAIN_MS = 2000;
const RETRY_MS = { base: 500, max: 10_000 };
const MAX_MESSAGE_BYTES = 2048;
const MAX_MESSAGE_LINES = 80;

/** One container of a pod, from its first start to its last end. */
export class ContainerRunner {
  readonly status: ContainerStatus;
  /** Of the run that is on. */
  log: ContainerLog | undefined;
  private restarts: RestartState = { ends: 0 };

  constructor(
    private readonly host: ContainerHost,
    readonly container: Container,
    known: ContainerStatus | undefined,
  ) {
    this.status = newContainerStatus(container, known);
  }

  /** Runs it until it has ended for good. `ending` is aborted with an {@link Ending}. */
  async run(ending: AbortSignal): Promise<void> {
    const { status } = this;
    const { terminated } = status.state ?? {};
    if (terminated !== undefined) {
      if (!isRestarted(this.host.restartPolicy, terminated.exitCode)) return;
      this.becomeWaiting('ContainerCreating');
    }
    while (!isAborted(ending)) {
      const started = await this.start(ending);
      if (started === undefined) return;
      const ranMs = await this.untilEnded(started, ending);
      if (isAborted(ending) || !isRestarted(this.host.restartPolicy, status.state?.terminated?.exitCode ?? 0)) return;
      const { state, waitMs } = afterRun(this.restarts, ranMs);
      this.restarts = state;
      if (waitMs > 0) await this.backOff(waitMs, ending);
      else this.becomeWaiting('ContainerCreating');
    }
  }

  private async backOff(waitMs: number, ending: AbortSignal): Promise<void> {
    const { container, host } = this;
    const { state, event } = backOffMessages(container.name, host.podName, waitMs);
    this.becomeWaiting('CrashLoopBackOff', state);
    this.tell('Warning', 'BackOff', event);
    host.changed();
    await systemClock.sleep(waitMs, ending).catch(() => undefined);
  }

  /** The end of the last run becomes the state before this one. */
  private becomeWaiting(reason: string, message?: string): void {
    const { status } = this;
    if (status.state?.terminated) status.lastState = status.state;
    status.state = { waiting: { reason, ...(message !== undefined && { message }) } };
    this.host.changed();
  }

  /** Undefined when it is ended before. */
  private async start(ending: AbortSignal): Promise<StartedContainer | undefined> {
    const { status, host, container } = this;
    const backoff = new Backoff(RETRY_MS.base, RETRY_MS.max);
    if (status.lastState?.terminated) status.restartCount++;
    while (!isAborted(ending)) {
      await mkdir(host.folder, { recursive: true, mode: 0o700 });
      const log = new ContainerLog(host.folder, status.restartCount);
      try {
        const started = await host.start(log);
        this.log = log;
        return started;
      } catch (error) {
        await log.close();
        const reason = error instanceof ContainerConfigError ? 'CreateContainerConfigError' : 'RunContainerError';
        const message = (error as Error).message;
        if (status.state?.waiting?.message !== message) this.tell('Warning', 'Failed', `Error: ${message}`);
        status.state = { waiting: { reason, message } };
        host.changed();
      }
      await systemClock.sleep(backoff.next(), ending).catch(() => undefined);
    }
    this.tell('Normal', 'Killing', `Container ${container.name} was not started`);
    return undefined;
  }

  /** Milliseconds that it ran. */
  private async untilEnded(started: StartedContainer, ending: AbortSignal): Promise<number> {
    const { status, container, host } = this;
    const startedAt = new Date();
    const { process } = started;
    status.containerID = `longshore://${host.uid}.${container.name}.${status.restartCount}`;
    status.imageID = container.image ?? '';
    status.state = runningState(startedAt);
    status.started = container.startupProbe === undefined;
    status.ready = status.started && container.readinessProbe === undefined;
    host.changed();
    this.tell('Normal', 'Started', `Started container ${container.name}`);
    const over = new AbortController();
    const watching = [this.endWhenAsked(started, ending, over.signal), this.probe(started, over.signal)];
    if (container.lifecycle?.postStart)
      watching.push(this.postStart(container.lifecycle.postStart, started, over.signal));
    const end = await process.ended;
    over.abort();
    await Promise.all(watching);
    await this.becomeTerminated(end, startedAt, await started.wasOutOfMemory());
    return end.finishedAt.getTime() - startedAt.getTime();
  }

  private async becomeTerminated(end: ProcessEnd, startedAt: Date, isOutOfMemory: boolean): Promise<void> {
    const { status, container, host, log } = this;
    await log?.close();
    const wantsLog = end.exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError';
    const message = wantsLog ? await this.endOfLog() : undefined;
    const { containerID = '' } = status;
    status.state = terminatedState({ end, startedAt, containerID, isOutOfMemory, ...(message && { message }) });
    status.ready = false;
    status.started = false;
    host.changed();
  }

  private async endOfLog(): Promise<string> {
    const options = { follow: false, previous: false, timestamps: false, tailLines: MAX_MESSAGE_LINES };
    const pieces: Buffer[] = [];
    const place = { folder: this.host.folder, restart: this.status.restartCount };
    for await (const piece of readLog(place, options, new AbortController().signal)) pieces.push(piece);
    return Buffer.concat(pieces).subarray(-MAX_MESSAGE_BYTES).toString();
  }

  private async endWhenAsked(started: StartedContainer, ending: AbortSignal, over: AbortSignal): Promise<void> {
    await whenAborted(AbortSignal.any([ending, over]));
    if (isAborted(over)) return;
    const { graceSeconds, withPreStop } = ending.reason as Ending;
    await this.end(started, graceSeconds, withPreStop, over);
  }

  /**
   * SIGTERM, after what the container wants to do before, and when services send it no more connections; SIGKILL when the time
   * is over (kubelet's `killContainer`).
   */
  private async end(
    started: StartedContainer,
    seconds: number,
    withPreStop: boolean,
    over: AbortSignal,
  ): Promise<void> {
    const { container, host } = this;
    const soon = AbortSignal.any([over, host.hurry]);
    this.tell('Normal', 'Killing', `Stopping container ${container.name}`);
    const deadline = systemClock.monotonic() + seconds * 1000;
    const preStop = container.lifecycle?.preStop;
    if (withPreStop && preStop !== undefined && seconds > 0) {
      const signal = AbortSignal.any([soon, AbortSignal.timeout(seconds * 1000)]);
      await this.handle(preStop, started, signal).catch((error: unknown) => {
        if (!soon.aborted) this.tell('Warning', 'FailedPreStopHook', `PreStopHook failed: ${(error as Error).message}`);
      });
    }
    const isServing = withPreStop && (container.ports ?? []).length > 0;
    if (isServing) await systemClock.sleep(Math.min(DRAIN_MS, seconds * 1000), soon).catch(() => undefined);
    if (over.aborted) return;
    started.process.signal('SIGTERM');
    await systemClock.sleep(Math.max(deadline - systemClock.monotonic(), 0), soon).catch(() => undefined);
    if (host.hurry.aborted) {
      const { graceSeconds } = host.hurry.reason as Ending;
      await systemClock.sleep(graceSeconds * 1000, over).catch(() => undefined);
    }
    if (!over.aborted) started.process.signal('SIGKILL');
  }

  private async postStart(handler: LifecycleHandler, started: StartedContainer, over: AbortSignal): Promise<void> {
    try {
      await this.handle(handler, started, over);
    } catch (error) {
      if (over.aborted) return;
      this.tell('Warning', 'FailedPostStartHook', `PostStartHook failed: ${(error as Error).message}`);
      await this.end(started, this.host.graceSeconds, false, over);
    }
  }

  private async handle(handler: LifecycleHandler, started: StartedContainer, signal: AbortSignal): Promise<void> {
    const { container, host } = this;
    const sleep = (handler as { sleep?: { seconds: number } }).sleep;
    if (sleep) await systemClock.sleep(sleep.seconds * 1000, signal);
    else if (handler.httpGet) await httpGet(handler.httpGet, { container, podIp: host.podIp }, signal);
    else if (handler.exec) {
      const code = await started.exec(handler.exec.command ?? [], signal);
      if (code !== 0) throw new Error(`the command ended with exit code ${code}`);
    } else throw new Error('the local runtime knows exec, httpGet and sleep');
  }

  /** Probes of readiness and liveness begin when that of the start has succeeded. */
  private async probe(started: StartedContainer, over: AbortSignal): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.container;
    if (startupProbe) {
      const begun = new AbortController();
      const hasStarted = this.probeFor(
        'Startup',
        startupProbe,
        started,
        AbortSignal.any([over, begun.signal]),
        (state) => {
          if (state.result !== 'success') return;
          this.status.started = true;
          if (!readinessProbe) this.status.ready = true;
          this.host.changed();
          begun.abort();
        },
      );
      await hasStarted;
    }
    if (over.aborted) return;
    await Promise.all([
      readinessProbe &&
        this.probeFor('Readiness', readinessProbe, started, over, ({ result }) => this.setReady(result)),
      livenessProbe && this.probeFor('Liveness', livenessProbe, started, over, () => undefined),
    ]);
  }

  private setReady(result: ProbeState['result']): void {
    const isReady = result === 'success';
    if (this.status.ready === isReady) return;
    this.status.ready = isReady;
    this.host.changed();
  }

  /**
   * Asks again and again. What is not yet up is asked each second, also before `initialDelaySeconds`: a success counts at
   * once, a failure only after them and once a period, so that nobody waits for a server that is there.
   */
  private async probeFor(
    kind: 'Startup' | 'Readiness' | 'Liveness',
    probe: Probe,
    started: StartedContainer,
    over: AbortSignal,
    heard: (state: ProbeState) => void,
  ): Promise<void> {
    const { container, host } = this;
    const target = { container, podIp: host.podIp, exec: started.exec.bind(started) };
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const isEager = kind !== 'Liveness';
    const begin = systemClock.monotonic() + (probe.initialDelaySeconds ?? 0) * 1000;
    let state = NO_PROBE_YET;
    let nextCount = begin;
    if (!isEager) await systemClock.sleep(begin - systemClock.monotonic(), over).catch(() => undefined);
    while (!over.aborted) {
      const failure = await probeOnce(probe, target, over);
      if (isAborted(over)) return;
      const now = systemClock.monotonic();
      if (failure === undefined || now >= nextCount) {
        state = afterProbe(state, failure === undefined ? 'success' : 'failure', probe);
        nextCount = now + periodMs;
        if (failure !== undefined) this.tellFailure(kind, failure);
        heard(state);
        if (kind !== 'Readiness' && state.result === 'failure') return this.kill(kind, probe, started, over);
      }
      const isWaiting = isEager && state.result !== 'success';
      await systemClock.sleep(isWaiting ? Math.min(EAGER_MS, periodMs) : periodMs, over).catch(() => undefined);
    }
  }

  private tellFailure(kind: string, failure: ProbeFailure): void {
    this.tell('Warning', 'Unhealthy', `${kind} probe failed: ${failure}`);
  }

  private async kill(kind: string, probe: Probe, started: StartedContainer, over: AbortSignal): Promise<void> {
    const { container, host } = this;
    const word = kind.toLowerCase();
    this.tell('Normal', 'Killing', `Container ${container.name} failed ${word} probe, will be restarted`);
    await this.end(started, probe.terminationGracePeriodSeconds ?? host.graceSeconds, true, over);
  }

  private tell(type: Happening['type'], reason: string, message: string): void {
    this.host.tell({ type, reason, message, fieldPath: `spec.containers{${this.container.name}}` });
  }
}

/** Where the logs of a container are. */
export function logFolder(podFolder: string, container: string): string {
  return join(podFolder, 'containers', container);
}

/** The compiler does not see that a signal changes while one waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
