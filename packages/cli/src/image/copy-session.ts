import { HostBandwidth, RegistryClient, StoreLimits, userPullSources } from '@longshore/distribution';
import { isRegistryHost } from '@longshore/oci';
import { Places, type MirrorOptions, type PlaceName, type PlaceOptions } from '@longshore/mirror';
import { CliError } from '../cli-error.js';
import { clientOptions, userCredentials } from '../registry-access/registry-options.js';
import { interruption } from '../signals.js';
import { EXIT, exitCodeOf } from './copy-exit.js';
import type { CopyOptions } from './copy-options.js';
import type { LimitRate } from './limit-rate.js';
import { MirrorReport, type ReportOptions } from './mirror-report.js';
import { stateDir } from './state-dir.js';

/** What a command copies with. */
export interface CopySession {
  places: Places;
  /** What `mirrorImages` needs to know, but for which images of lists are meant. */
  copying: Omit<MirrorOptions, 'selection'>;
}

/** How much is done at a time, and how registries are asked. */
export type SessionOptions = Omit<CopyOptions, 'maxRegistry'> & { maxRegistry?: number };

/** Where images are, and what will be written to. */
export interface CopyPlaces extends Pick<PlaceOptions, 'sourceDir' | 'targetDir' | 'format' | 'pullSources'> {
  targets: readonly PlaceName[];
}

/** A mirror is asked patiently: a run of hours must not end because a registry is restarted. */
const ATTEMPTS = 7;
const LONGEST_WAIT_MS = 300_000;

/**
 * Does work that copies images, and tells how it went: failures become the exit code, and so does it when `work` returns that
 * something could not be copied and the rest was.
 */
export async function reportCopy(
  options: ReportOptions,
  work: (report: MirrorReport, signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const report = new MirrorReport(options);
  const signal = interruption();
  try {
    const isPartial = await work(report, signal);
    if (isPartial) {
      report.error('one or more errors occurred');
      process.exitCode = EXIT.partial;
    }
  } catch (error) {
    if (error instanceof CliError && !signal.aborted) throw error;
    report.error((error as Error).message);
    process.exitCode = signal.aborted ? EXIT.interrupted : exitCodeOf(error);
  } finally {
    report.close();
  }
}

/** Opens what is needed to copy, does the work and closes it. Errors: CliError for files that cannot be read; those of the work. */
export async function inCopySession<T>(
  options: SessionOptions,
  { targets, ...where }: CopyPlaces,
  report: MirrorReport,
  signal: AbortSignal,
  work: (session: CopySession) => Promise<T>,
): Promise<T> {
  const limits = new StoreLimits({
    ...(options.maxRegistry !== undefined && { maxStores: options.maxRegistry }),
    maxPerStore: options.maxPerRegistry,
  });
  const access = {
    ...(await clientOptions(options)),
    credentials: await userCredentials(options),
    ...(options.limitRate && { bandwidth: hostBandwidth(options.limitRate) }),
  };
  const client = new RegistryClient({
    ...access,
    connections: options.maxPerRegistry * 2,
    attempts: ATTEMPTS,
    longestWaitMs: LONGEST_WAIT_MS,
    multipleScopes: options.skipMultipleScopes !== true,
    onRequest: ({ registry, ...outcome }) => limits.observe(registry, outcome),
  });
  const dryRun = options.dryRun === true;
  const places = new Places(
    {
      client,
      s3: access,
      stateDir: stateDir(process.env),
      mount: options.skipMount !== true,
      dryRun,
      maxPerRegistry: options.maxPerRegistry,
      ...where,
      pullSources: where.pullSources ?? (await userPullSources(process.env)),
    },
    targets,
  );
  try {
    return await work({
      places,
      copying: {
        force: options.force === true,
        skipMissing: options.skipMissing === true,
        continueOnError: options.continueOnError === true,
        dryRun,
        bytesPerSecond: options.limitRate?.all,
        limits,
        signal,
        onPlan: (plan) => report.plan(plan),
        onEvent: (event) => report.event(event),
        onNote: (note) => report.note(note),
        onError: ({ message }) => report.error(message),
      },
    });
  } finally {
    await places.close().finally(() => client.close());
  }
}

/** Errors: CliError for what is no host. */
function hostBandwidth({ hosts }: LimitRate): HostBandwidth {
  for (const host of hosts.keys()) {
    if (!isRegistryHost(host)) throw new CliError(`--limit-rate: ${host} is not a host`, 2);
  }
  return new HostBandwidth(hosts);
}
