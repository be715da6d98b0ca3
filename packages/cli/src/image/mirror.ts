import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { RegistryClient, StoreLimits } from '@longshore/distribution';
import { expandMappings, mirrorImages, Places, readMappings, type MappingFile } from '@longshore/mirror';
import { CliError } from '../cli-error.js';
import { clientOptions, userCredentials } from '../registry-access/registry-options.js';
import { interruption } from '../signals.js';
import { EXIT, exitCodeOf } from './copy-exit.js';
import type { MirrorCommandOptions } from './mirror-command.js';
import { MirrorReport } from './mirror-report.js';
import { platformFilter } from './platform-filter.js';
import { stateDir } from './state-dir.js';

const LARGEST_FILE = 64 * 1024 * 1024;
/** A mirror is asked patiently: a run of hours must not end because a registry is restarted. */
const ATTEMPTS = 7;
const LONGEST_WAIT_MS = 300_000;

/** Mirrors images and tells of it. Failures are told, and become the exit code. */
export async function mirror(args: string[], options: MirrorCommandOptions): Promise<void> {
  const report = new MirrorReport(options);
  const signal = interruption();
  try {
    const isPartial = await run(args, options, report, signal);
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

/** True when something could not be mirrored and the rest was. */
async function run(
  args: string[],
  options: MirrorCommandOptions,
  report: MirrorReport,
  signal: AbortSignal,
): Promise<boolean> {
  const mappings = readMappings(args, await Promise.all(options.filename.map(readMappingFile)));
  const limits = new StoreLimits({ maxStores: options.maxRegistry, maxPerStore: options.maxPerRegistry });
  const credentials = await userCredentials(options);
  const client = new RegistryClient({
    ...(await clientOptions(options)),
    credentials,
    connections: options.maxPerRegistry * 2,
    attempts: ATTEMPTS,
    longestWaitMs: LONGEST_WAIT_MS,
    multipleScopes: options.skipMultipleScopes !== true,
    onRequest: ({ registry, ...outcome }) => limits.observe(registry, outcome),
  });
  const places = new Places(
    {
      client,
      sourceDir: options.fromDir ?? options.dir,
      targetDir: options.dir,
      stateDir: stateDir(process.env),
      mount: options.skipMount !== true,
      dryRun: options.dryRun === true,
      maxPerRegistry: options.maxPerRegistry,
    },
    mappings.map(({ destination }) => destination),
  );
  try {
    const images = await expandMappings(mappings, places, signal);
    const { problems } = await mirrorImages(images, {
      selection: {
        keepList: options.keepManifestList,
        ...(options.filterByOs !== undefined && { matches: platformFilter(options.filterByOs) }),
      },
      force: options.force === true,
      skipMissing: options.skipMissing === true,
      continueOnError: options.continueOnError === true,
      dryRun: options.dryRun === true,
      bytesPerSecond: options.limitRate,
      limits,
      signal,
      onPlan: (plan) => report.plan(plan),
      onEvent: (event) => report.event(event),
      onNote: (note) => report.note(note),
      onError: ({ message }) => report.error(message),
    });
    report.done();
    return problems.length > 0;
  } finally {
    await places.close();
    await client.close();
  }
}

async function readMappingFile(name: string): Promise<MappingFile> {
  try {
    const text = name === '-' ? await readStream(process.stdin) : await readFile(name, 'utf8');
    if (text.length <= LARGEST_FILE) return { name, text };
  } catch (error) {
    throw new CliError(`--filename: ${(error as Error).message}`, EXIT.usage, { cause: error });
  }
  throw new CliError(`--filename: ${name} is larger than 64 MiB`, EXIT.usage);
}
