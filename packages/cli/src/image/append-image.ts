import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ownArchitecture } from '@longshore/distribution';
import type { JsonObject } from '@longshore/kube';
import { binarySize, mirrorImages, parsePlaceName, type Places } from '@longshore/mirror';
import { appendLayers, layersAlone, readLayerFile, type BuiltImage, type NewLayer } from '@longshore/mirror/build';
import { CliError } from '../cli-error.js';
import type { AppendCommandOptions } from './append.js';
import { patchConfig, readConfigPatch, type ConfigPatches } from './config-patch.js';
import { inCopySession, reportCopy, type CopySession } from './copy-session.js';
import { parseImageLocation, wantedReference } from './image-location.js';
import { readPullSources } from './mirror-policy.js';
import type { MirrorReport } from './mirror-report.js';
import { platformFilter } from './platform-filter.js';

/** Makes an image of another one and layers, and pushes it. Failures of the work are told, and become the exit code. */
export async function appendImage(layers: readonly string[], options: AppendCommandOptions): Promise<void> {
  const patches = readPatches(layers, options);
  const scratch = await mkdtemp(join(tmpdir(), 'longshore-append-'));
  try {
    await reportCopy(options, async (report, signal) => {
      await append(await readLayers(layers, scratch, signal), patches, options, report, signal);
      return false;
    });
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
  report: MirrorReport,
  signal: AbortSignal,
): Promise<void> {
  const { dir, fromDir: sourceDir = dir, dryRun = false } = options;
  const to = parsePlaceName(options.to);
  if (to.pattern !== undefined || to.digest !== undefined)
    throw new CliError(`--to: ${options.to} must name one tag`, 2);
  const tag = to.tag ?? 'latest';
  const pullSources = await readPullSources(options, process.env);
  const where = { sourceDir, targetDir: dir, pullSources, targets: [to] };
  await inCopySession(options, where, report, signal, async ({ places, copying }) => {
    const built = await build(places, layers, patches, options, copying);
    const target = await places.target(to);
    await mirrorImages([{ source: built, reference: built.digest, targets: [{ target, tag }] }], {
      ...copying,
      selection: { keepList: true },
      onPlan: ({ writeBytes }) => report.note(`Uploading ${binarySize(writeBytes)} ...`),
      onEvent: () => undefined,
    });
    const done = dryRun ? 'Would push' : 'Pushed';
    process.stdout.write(`${done} ${built.digest} to ${target.name}:${tag}\n`);
  });
}

function build(
  places: Places,
  layers: readonly NewLayer[],
  patches: ConfigPatches,
  { from, createdAt = new Date().toISOString(), filterByOs, keepManifestList: keepList }: AppendCommandOptions,
  { signal, onNote }: CopySession['copying'],
): Promise<BuiltImage> | BuiltImage {
  const change = (config: Record<string, unknown>) => patchConfig(config as JsonObject, patches);
  const made = { created: createdAt, change };
  if (from === undefined) return layersAlone(layers, { architecture: ownArchitecture(), ...made });
  const location = parseImageLocation(from);
  const source = places.source(location.place ?? parsePlaceName(from));
  const { store, mountName: repository } = source;
  const own = keepList ? undefined : platformFilter(`^linux/${ownArchitecture()}(/|$)`);
  const matches = filterByOs === undefined ? own : platformFilter(filterByOs);
  return appendLayers({ source, store, repository }, wantedReference(location), {
    layers,
    keepList,
    matches,
    onNote,
    signal,
    ...made,
  });
}
