import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ownArchitecture, StoreLimits } from '@longshore/distribution';
import type { JsonObject } from '@longshore/kube';
import { binarySize, mirrorImages, parsePlaceName, Places } from '@longshore/mirror';
import { appendLayers, layersAlone, readLayerFile, type BuiltImage, type NewLayer } from '@longshore/mirror/build';
import { CliError } from '../cli-error.js';
import { interruption } from '../signals.js';
import type { AppendCommandOptions } from './append.js';
import { patchConfig, readConfigPatch, type ConfigPatches } from './config-patch.js';
import { EXIT, exitCodeOf } from './copy-exit.js';
import { ImageReader } from './image-reader.js';
import { platformFilter } from './platform-filter.js';
import { stateDir } from './state-dir.js';

/** Makes an image of another one and layers, and pushes it. Failures of the work are told, and become the exit code. */
export async function appendImage(layers: readonly string[], options: AppendCommandOptions): Promise<void> {
  const patches = readPatches(layers, options);
  const signal = interruption();
  const scratch = await mkdtemp(join(tmpdir(), 'longshore-append-'));
  try {
    await append(await readLayers(layers, scratch, signal), patches, options, signal);
  } catch (error) {
    if (error instanceof CliError && !signal.aborted) throw error;
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = signal.aborted ? EXIT.interrupted : exitCodeOf(error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function readPatches(layers: readonly string[], { image, meta, from, dropHistory = false }: AppendCommandOptions) {
  if (layers.filter((layer) => layer === '-').length > 1) throw new CliError('standard input can be one layer only', 2);
  if (from === undefined && layers.length === 0) throw new CliError('name an image by --from, or layers', 2);
  return {
    dropHistory,
    ...(image !== undefined && { image: readConfigPatch('--image', image) }),
    ...(meta !== undefined && { meta: readConfigPatch('--meta', meta) }),
  };
}

async function readLayers(paths: readonly string[], dir: string, signal: AbortSignal): Promise<NewLayer[]> {
  const layers: NewLayer[] = [];
  for (const path of paths) {
    const file = path === '-' ? join(dir, 'standard-input') : path;
    if (path === '-') await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }), { signal });
    layers.push(await readLayerFile(file, { dir, signal }));
  }
  return layers;
}

async function append(
  layers: readonly NewLayer[],
  patches: ConfigPatches,
  options: AppendCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { dir, fromDir = dir, dryRun = false, maxPerRegistry } = options;
  const to = parsePlaceName(options.to);
  if (to.pattern !== undefined || to.digest !== undefined)
    throw new CliError(`--to: ${options.to} must name one tag`, 2);
  const tag = to.tag ?? 'latest';
  const reader = await ImageReader.open({ ...options, dir: fromDir });
  const places = new Places(
    {
      client: reader.client,
      sourceDir: fromDir,
      targetDir: dir,
      stateDir: stateDir(process.env),
      mount: true,
      dryRun,
      maxPerRegistry,
    },
    [to],
  );
  try {
    const built = await build(reader, layers, patches, options, signal);
    const target = await places.target(to);
    await mirrorImages([{ source: built, reference: built.digest, targets: [{ target, tag }] }], {
      selection: { keepList: true },
      force: options.force === true,
      skipMissing: false,
      continueOnError: false,
      dryRun,
      limits: new StoreLimits({ maxPerStore: maxPerRegistry }),
      signal,
      onPlan: ({ writeBytes }) => process.stderr.write(`Uploading ${binarySize(writeBytes)} ...\n`),
      onEvent: () => undefined,
      onNote: tell,
      onError: ({ message }) => tell(`error: ${message}`),
    });
    process.stdout.write(`${dryRun ? 'Would push' : 'Pushed'} ${built.digest} to ${target.name}:${tag}\n`);
  } finally {
    await places.close();
    await reader.close();
  }
}

function build(
  reader: ImageReader,
  layers: readonly NewLayer[],
  patches: ConfigPatches,
  { from, createdAt = new Date().toISOString(), filterByOs, keepManifestList: keepList }: AppendCommandOptions,
  signal: AbortSignal,
): Promise<BuiltImage> | BuiltImage {
  const change = (config: Record<string, unknown>) => patchConfig(config as JsonObject, patches);
  const made = { created: createdAt, change };
  if (from === undefined) return layersAlone(layers, { architecture: ownArchitecture(), ...made });
  const { source, reference, location } = reader.find(from);
  const { registry: store = '', repository } = location.reference;
  const own = keepList ? undefined : platformFilter(`^linux/${ownArchitecture()}(/|$)`);
  const matches = filterByOs === undefined ? own : platformFilter(filterByOs);
  return appendLayers({ source, store, repository }, reference, {
    layers,
    keepList,
    matches,
    onNote: tell,
    signal,
    ...made,
  });
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
