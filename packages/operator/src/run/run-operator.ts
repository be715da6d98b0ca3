import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  formatGroupResource,
  isAborted,
  runAsLeader,
  systemClock,
  WorkQueue,
  type Clock,
  type KubeClient,
  type LeaderElectionOptions,
  type WorkResult,
} from '@longshore/kube';
import type { Change } from '../changes/change.js';
import type { Config } from '../config/config.js';
import { decide, type Decision } from '../decide/decide.js';
import type { StatusWrite } from '../decide/outcome.js';
import { CLUSTER, LEASE, NAMESPACE, OWNED, RESOURCES, SERVICE_HOST, TLS_SECRET } from '../names.js';
import type { Release } from '../release.js';
import { addressOf, type Snapshot } from '../snapshot.js';
import type { StorageFacts } from '../storage/storage-facts.js';
import type { OperatorMetrics } from '../observe/operator-metrics.js';
import { ClusterView } from './cluster-view.js';
import { countTagsHourly } from './count-tags.js';
import { OperatorError } from './operator-error.js';
import { servedKinds } from './served-kinds.js';
import { Writer } from './writer.js';

/** PEM of a serving certificate, its key, and what vouches for it. */
export interface ServingCertificate {
  certificate: string;
  key: string;
  authority: string;
}

export interface OperatorOptions {
  client: KubeClient;
  release: Release;
  /** Of this process, among all that may run. */
  identity: string;
  /** What drivers of stores outside of the cluster know; default: there are no such drivers. */
  storage?: () => Promise<StorageFacts>;
  /** Issues a certificate for these names, where no one else does. Default: users are asked for one. */
  issueCertificate?: (names: readonly string[]) => Promise<ServingCertificate>;
  /** Hear what is so while this operator works. */
  metrics?: OperatorMetrics;
  /** Default: alerts that are only to inform are left out. */
  optionalAlerts?: boolean;
  election?: Partial<Omit<LeaderElectionOptions, 'identity' | 'clock' | 'onError'>>;
  clock?: Clock;
  /** Hears of each write. */
  onWrite?: (change: Change | StatusWrite) => void;
  /** Hears of each decision; `isVerbose`: as `spec.operatorLogLevel` asks for. */
  onDecision?: (decision: Decision, isVerbose: boolean) => void;
  /** Hears what fails and is tried again. */
  onError?: (error: unknown) => void;
}

const RESYNC_MS = 10 * 60_000;
const DISCOVERY_MS = 60_000;
const MISSING_MS = 2_000;
/** Others changed the same objects: by then the view has what they did. Not a failure, whose waits grow. */
const STALE_MS = 200;
const MAX_RETRY_MS = 60_000;
const KEY = 'registry';

/**
 * Runs the Image Registry Operator until `signal` is aborted, as the only one of all that run (operator.md 6). It works on events; a
 * pass that finds nothing to do writes nothing. Errors: none; what fails is told to `onError` and tried again.
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { client, identity, election, clock = systemClock, onError = () => {} } = options;
  const lease = { namespace: NAMESPACE, name: LEASE, ...election, identity, clock, onError };
  const work = (term: AbortSignal) =>
    lead({ ...options, clock, onError }, term).finally(() => options.metrics?.forget());
  await runAsLeader(client, lease, work, signal);
}

type Settled = OperatorOptions & Required<Pick<OperatorOptions, 'clock' | 'onError'>>;

/** Works with the kinds that the cluster serves, and begins anew when these become others. */
async function lead(options: Settled, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal); // each request of discovery and each informer listens
  while (!signal.aborted) {
    try {
      await workUntilKindsChange(options, await servedKinds(options.client, signal), signal);
    } catch (error) {
      if (isAborted(signal)) return;
      options.onError(error);
      await options.clock.sleep(MISSING_MS, signal).catch(() => {});
    }
  }
}

async function workUntilKindsChange(options: Settled, served: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  const missing = [RESOURCES.configs, RESOURCES.imagePruners]
    .map(formatGroupResource)
    .filter((kind) => !served.has(kind));
  if (missing.length > 0) {
    const message = `the cluster does not know ${missing.join(' and ')}: kubectl apply -f deploy/crds`;
    throw new OperatorError('KINDS_MISSING', message);
  }
  const changed = new AbortController();
  const both = AbortSignal.any([signal, changed.signal]);
  setMaxListeners(0, both);
  const controller = new Controller(options, served);
  try {
    await Promise.race([controller.run(both), untilKindsChange(options, served, both)]);
  } finally {
    changed.abort();
    await controller.ended;
  }
}

async function untilKindsChange(
  { client, clock, onError }: Settled,
  served: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(DISCOVERY_MS, signal).catch(() => {});
    if (isAborted(signal)) return;
    const now = await servedKinds(client, signal).catch((error: unknown) => {
      if (!isAborted(signal)) onError(error);
      return served;
    });
    if (now.size !== served.size || [...now].some((kind) => !served.has(kind))) return;
  }
}

class Controller {
  /** When nothing runs any more. */
  ended: Promise<void> = Promise.resolve();
  private readonly queue: WorkQueue;
  private readonly view: ClusterView;
  private readonly writer: Writer;

  constructor(
    private readonly options: Settled,
    served: ReadonlySet<string>,
  ) {
    const { client, clock, onError } = options;
    this.queue = new WorkQueue({ clock, maxMs: MAX_RETRY_MS, onError });
    this.view = new ClusterView(client, served, { clock, onError, onChange: () => this.queue.add(KEY) });
    this.writer = new Writer(client, this.view, options.onWrite ?? (() => {}));
  }

  run(signal: AbortSignal): Promise<void> {
    this.ended = this.work(signal);
    return this.ended;
  }

  private async work(signal: AbortSignal): Promise<void> {
    const { metrics } = this.options;
    const watching = [
      this.view.run(signal),
      ...(metrics !== undefined ? [countTagsHourly(this.options, metrics, signal)] : []),
    ];
    await this.view.untilSynced(signal).catch(() => {});
    this.queue.add(KEY);
    await this.queue.run(() => this.pass(signal), { signal });
    await Promise.all(watching);
  }

  /** One pass: decides, writes, and tells what came of it. Errors: OperatorError; those of the client. */
  private async pass(signal: AbortSignal): Promise<WorkResult> {
    const storage = (await this.options.storage?.()) ?? {};
    let first = this.decide(storage);
    const certificates = first.needsCertificate && !first.isDryRun ? await this.issueCertificate() : [];
    const issued = await this.writer.apply(certificates, signal);
    if (issued.wasStale) return { after: STALE_MS };
    // What the pods read when they start is known now.
    if (certificates.length > 0) first = this.decide(storage);
    const applied = await this.writer.apply(first.isDryRun ? [] : first.changes, signal);
    if (applied.wasStale) return { after: STALE_MS };
    const failures = new Map([...applied.failures, ...issued.failures]);
    // What the cluster said to the writes is part of the statuses.
    const told = this.decide(storage, failures);
    const statuses = await this.writer.applyStatuses(told.statuses, signal);
    if (statuses.wasStale) return { after: STALE_MS };
    const [problem] = [...failures.values(), ...statuses.failures.values()];
    if (problem !== undefined) throw new OperatorError('APPLY_FAILED', problem);
    // Of what was written here, no event tells: what follows from it is done at once.
    if (!told.isDryRun && hasOthers(told.changes, first.changes)) return { after: STALE_MS };
    return { after: Math.min(told.recheckMs ?? RESYNC_MS, RESYNC_MS) };
  }

  private decide(storage: StorageFacts, failures?: ReadonlyMap<Change['part'], string>): Decision {
    const snapshot = this.view.snapshot();
    const { release, clock, issueCertificate, onDecision, metrics, optionalAlerts } = this.options;
    const config = snapshot.find<Config>(RESOURCES.configs, CLUSTER);
    const decision = decide({
      config,
      pruner: snapshot.find(RESOURCES.imagePruners, CLUSTER),
      snapshot,
      storage,
      now: new Date(clock.now()),
      random: { httpSecret: randomBytes(64).toString('hex') },
      release,
      written: this.writer.written,
      issuesCertificates: issueCertificate !== undefined,
      ...(optionalAlerts !== undefined && { optionalAlerts }),
      ...(failures !== undefined && { failures }),
    });
    metrics?.observe(decision);
    onDecision?.(decision, !['', 'Normal'].includes(config?.spec?.operatorLogLevel ?? ''));
    return decision;
  }

  /** The write of a new serving certificate, where there is somebody to issue one. */
  private async issueCertificate(): Promise<Change[]> {
    const { issueCertificate } = this.options;
    if (issueCertificate === undefined) return [];
    const issued = await issueCertificate([SERVICE_HOST, `${SERVICE_HOST}.cluster.local`]);
    return [servingSecret(issued, this.view.snapshot())];
  }
}

/** Whether there are changes beside those that were made already: what a server never takes on is not tried without end. */
function hasOthers(changes: readonly Change[], made: readonly Change[]): boolean {
  const keyOf = ({ action, type, name, namespace }: Change) => `${action} ${addressOf(type, name, namespace)}`;
  const known = new Set(made.map(keyOf));
  return changes.some((change) => !known.has(keyOf(change)));
}

function servingSecret({ certificate, key, authority }: ServingCertificate, snapshot: Snapshot): Change {
  const old = snapshot.find(RESOURCES.secrets, TLS_SECRET, NAMESPACE);
  const metadata = old?.metadata ?? { name: TLS_SECRET, namespace: NAMESPACE, annotations: { [OWNED]: 'true' } };
  const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority };
  const data = Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  return {
    part: 'certificates',
    action: old === undefined ? 'create' : 'update',
    type: RESOURCES.secrets,
    name: TLS_SECRET,
    namespace: NAMESPACE,
    detail: [],
    object: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'kubernetes.io/tls',
      data: Object.fromEntries(data) as object,
    },
  };
}
