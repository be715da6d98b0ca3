import type { Lease } from '../builtin-types.js';
import { hasReason } from '../api-error.js';
import { systemClock, type Clock } from '../clock.js';
import type { KubeClient } from '../client/kube-client.js';
import type { ResourceType } from '../client/resource-path.js';
import { formatMicroTime } from '../values/time.js';

export const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

export interface LeaderElectionOptions {
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Of this candidate; no other may have it. */
  identity: string;
  /** Others take over when the holder has not renewed for so long. Default 15 s. */
  leaseDurationMs?: number;
  /** The holder gives up when it could not renew for so long. Default 10 s. */
  renewDeadlineMs?: number;
  /** Default 2 s. */
  retryPeriodMs?: number;
  clock?: Clock;
  random?: () => number;
  /** Hears why a try failed. */
  onError?: (error: unknown) => void;
}

/** Somebody's claim, and when we first saw it by our own clock: times in the Lease are of other clocks. */
interface Observation {
  claim: string;
  at: number;
}

const JITTER = 1.2;

/**
 * Runs `work` whenever this candidate leads, and aborts its signal when it does no longer. At most one candidate works at a time,
 * as long as `work` ends within the time between `renewDeadlineMs` and `leaseDurationMs` of its signal, whatever clocks say.
 * Resolves when `signal` is aborted, after work has ended and the Lease is released; rejects with what `work` throws.
 */
export async function runAsLeader(
  client: KubeClient,
  options: LeaderElectionOptions,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const election = new Election(client, options);
  while (!signal.aborted) {
    if (!(await election.acquire(signal))) return;
    const term = new AbortController();
    const abort = () => term.abort(signal.reason);
    signal.addEventListener('abort', abort);
    const holding = election.hold(term.signal).finally(() => term.abort());
    try {
      await work(term.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      term.abort();
      await holding;
      await election.release();
    }
  }
}

class Election {
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly leaseDurationMs: number;
  private readonly renewDeadlineMs: number;
  private readonly retryPeriodMs: number;
  private observed: Observation | undefined;
  private renewedAt = 0;

  constructor(
    private readonly client: KubeClient,
    private readonly options: LeaderElectionOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.retryPeriodMs = options.retryPeriodMs ?? 2_000;
    if (this.leaseDurationMs <= this.renewDeadlineMs || this.renewDeadlineMs <= this.retryPeriodMs * JITTER) {
      throw new RangeError('leader election needs leaseDurationMs > renewDeadlineMs > 1.2 x retryPeriodMs');
    }
  }

  /** True when the Lease is ours, false when the signal came first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.tryToHold(signal)) return true;
      await this.clock.sleep(this.retryPeriodMs * (1 + this.random() * (JITTER - 1)), signal).catch(() => {});
    }
    return false;
  }

  /** Renews until that fails for too long, somebody else holds the Lease, or the signal comes. */
  async hold(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.clock.sleep(this.retryPeriodMs, signal).catch(() => {});
      if (signal.aborted) return;
      const deadline = this.renewedAt + this.renewDeadlineMs;
      const attempt = new AbortController();
      const end = () => attempt.abort(signal.reason);
      signal.addEventListener('abort', end);
      const timer = this.clock.sleep(Math.max(0, deadline - this.clock.monotonic()), attempt.signal).then(
        () => attempt.abort(),
        () => {},
      );
      const renewed = await this.tryToHold(attempt.signal);
      signal.removeEventListener('abort', end);
      attempt.abort();
      await timer;
      if (!renewed && (this.clock.monotonic() >= deadline || this.isHeldByOther())) return;
    }
  }

  /** Lets the others not wait. Failing is no harm: the Lease then ends by itself. */
  async release(): Promise<void> {
    try {
      const lease = await this.find();
      if (lease?.spec?.holderIdentity !== this.options.identity) return;
      const now = formatMicroTime(new Date(this.clock.now()));
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
      await this.client.update<Lease>(LEASES, { ...lease, spec });
    } catch (error) {
      this.options.onError?.(error);
    }
  }

  private async tryToHold(signal: AbortSignal): Promise<boolean> {
    try {
      const began = this.clock.monotonic();
      const lease = await this.find(signal);
      if (lease !== undefined && !this.mayTake(lease)) return false;
      const saved = lease === undefined ? await this.createLease(signal) : await this.updateLease(lease, signal);
      this.observe(saved);
      this.renewedAt = began;
      return true;
    } catch (error) {
      if (!signal.aborted && !hasReason(error, 'Conflict') && !hasReason(error, 'AlreadyExists')) {
        this.options.onError?.(error);
      }
      return false;
    }
  }

  private find(signal?: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.options;
    return this.client.find<Lease>(LEASES, name, { namespace, ...(signal !== undefined && { signal }) });
  }

  /** Ours, nobody's, or unchanged for as long as its holder promised. */
  private mayTake(lease: Lease): boolean {
    this.observe(lease);
    const { holderIdentity = '', leaseDurationSeconds = 0 } = lease.spec ?? {};
    if (holderIdentity === '' || holderIdentity === this.options.identity) return true;
    const unchangedFor = this.clock.monotonic() - (this.observed?.at ?? Infinity);
    return unchangedFor >= Math.max(leaseDurationSeconds * 1000, this.leaseDurationMs);
  }

  private isHeldByOther(): boolean {
    const holder = this.observed === undefined ? '' : (JSON.parse(this.observed.claim) as [string])[0];
    return holder !== this.options.identity;
  }

  private observe({ spec = {}, metadata }: Lease): void {
    const claim = JSON.stringify([spec.holderIdentity ?? '', spec.renewTime, metadata.resourceVersion]);
    if (this.observed?.claim !== claim) this.observed = { claim, at: this.clock.monotonic() };
  }

  private createLease(signal: AbortSignal): Promise<Lease> {
    const { namespace, name, identity } = this.options;
    const now = formatMicroTime(new Date(this.clock.now()));
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: this.leaseDurationMs / 1000,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    };
    const lease: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
    return this.client.create<Lease>(LEASES, lease, { signal });
  }

  private updateLease(lease: Lease, signal: AbortSignal): Promise<Lease> {
    const { identity } = this.options;
    const now = formatMicroTime(new Date(this.clock.now()));
    const isOurs = lease.spec?.holderIdentity === identity;
    const spec = {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: this.leaseDurationMs / 1000,
      renewTime: now,
      ...(!isOurs && { acquireTime: now, leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1 }),
    };
    return this.client.update<Lease>(LEASES, { ...lease, spec }, { signal });
  }
}
