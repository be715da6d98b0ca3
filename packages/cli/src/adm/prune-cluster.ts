import { readFile } from 'node:fs/promises';
import {
  ClusterChanges,
  executePrune,
  followChanges,
  parseRegistryUrl,
  pretendToDelete,
  PrunePlan,
  readCluster,
  RegistryContent,
  RegistryPruneError,
  type ClusterReading,
} from '@longshore/images';
import {
  ApiError,
  CredentialError,
  CredentialSource,
  findConnection,
  HttpTransport,
  KubeClient,
  KubeconfigError,
  ResponseError,
  systemClock,
  UnreachableError,
  type Connection,
} from '@longshore/kube';
import { CliError } from '../cli-error.js';
import { counted } from '../counted.js';
import { Progress } from '../progress.js';
import { interruption } from '../signals.js';
import { checkPruneOptions, rulesOf, type PruneImagesOptions } from './prune-options.js';
import { PruneReport } from './prune-report.js';
import { registryToken } from './registry-token.js';

/** Deletes what the options let go, or tells of it. Errors: CliError. */
export async function pruneImages(options: PruneImagesOptions): Promise<void> {
  checkPruneOptions(options);
  try {
    await inCluster(options);
  } catch (error) {
    throw clusterFailure(error);
  }
}

async function inCluster(options: PruneImagesOptions): Promise<void> {
  const connection = await findConnection(options);
  const client = new KubeClient(new HttpTransport(connection));
  try {
    await pruneCluster(options, connection, client, interruption());
  } finally {
    await client.close();
  }
}

async function pruneCluster(
  options: PruneImagesOptions,
  connection: Connection,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const report = new PruneReport(options);
  const now = Date.now();
  const token = registryToken(connection, client);
  if (options.pruneRegistry && options.confirm) await token(); // who has none should know at once
  const reading = await readAll(options, client, now, signal, report);
  report.invalid(reading.invalid);
  const { sizeLimits, policies } = reading;
  const plan = new PrunePlan(reading.graph, {
    ...rulesOf(options, now, sizeLimits),
    ...(!options.pruneOverSizeLimit && { policies }),
  });
  report.reasons(plan);
  const registry =
    options.pruneRegistry && options.confirm
      ? await findRegistry(options, connection, reading, now, token, signal)
      : undefined;
  const ended = new AbortController();
  const fail = (what: string, error: unknown) => report.failure(what, error);
  const following = options.confirm ? followChanges(client, plan, reading.versions, ended.signal, fail) : undefined;
  try {
    const summary = await executePrune({
      plan,
      changes: new ClusterChanges(plan, options.confirm ? client : undefined),
      content: options.pruneRegistry ? (registry ?? pretendToDelete) : undefined,
      workers: options.numWorkers,
      signal,
      onStep: (step) => report.step(step),
      onKept: (what) => report.kept(what),
      onFailure: fail,
    });
    report.summary(summary);
    if (summary.failures > 0) {
      throw new CliError(`${counted(summary.failures, 'object')} could not be deleted; run it again to go on`);
    }
  } finally {
    ended.abort();
    await following;
    await registry?.close();
  }
}

async function readAll(
  options: PruneImagesOptions,
  client: KubeClient,
  now: number,
  signal: AbortSignal,
  report: PruneReport,
): Promise<ClusterReading> {
  const progress = new Progress({ quiet: !process.stderr.isTTY });
  try {
    return await readCluster({
      client,
      namespace: options.namespace,
      notBefore: now - rulesOf(options, now, new Map()).keepYoungerThanMs,
      signal,
      onWarning: (text) => report.warning(text),
      onProgress: (what, done) => progress.count(what, done),
    });
  } finally {
    progress.end();
  }
}

async function findRegistry(
  options: PruneImagesOptions,
  connection: Connection,
  { registryHosts }: ClusterReading,
  now: number,
  token: () => Promise<string>,
  signal: AbortSignal,
): Promise<RegistryContent> {
  const named = options.registryUrl === undefined ? undefined : parseRegistryUrl(options.registryUrl);
  const { certificateAuthority: clusterAuthority } = await new CredentialSource(connection, systemClock).get();
  return RegistryContent.find({
    addresses: named === undefined ? registryHosts.map((host) => ({ scheme: undefined, host })) : [named],
    certificateAuthority: await readAuthority(options.certificateAuthority),
    clusterAuthority,
    insecure: options.forceInsecure || connection.insecureSkipTlsVerify === true,
    token,
    // Whoever keeps nothing young wants even that to go which was just pushed.
    unmodifiedSince: rulesOf(options, now, new Map()).keepYoungerThanMs > 0 ? now : undefined,
    signal,
  });
}

async function readAuthority(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(`--certificate-authority: ${(error as Error).message}`, 2, { cause: error });
  }
}

/** Failures of cluster and registry in one line; anything else stays what it is. */
function clusterFailure(error: unknown): unknown {
  if (error instanceof KubeconfigError) return new CliError(error.message, 2, { cause: error });
  if (error instanceof RegistryPruneError) return new CliError(error.message, 1, { cause: error });
  const known = [ApiError, UnreachableError, CredentialError, ResponseError];
  const isKnown = error instanceof Error && known.some((type) => error instanceof type);
  return isKnown ? new CliError(`the cluster cannot be asked: ${error.message}`, 1, { cause: error }) : error;
}
