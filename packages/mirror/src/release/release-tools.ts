import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Waiting } from '@longshore/distribution';
import { pack } from 'tar-stream';
import { extractImage } from '../extract/extract-image.js';
import { ReadLimits } from '../extract/layer-entries.js';
import { fileMapping } from '../extract/path-mapping.js';
import { platformOf, readComponent } from './read-components.js';
import type { ReadableSource } from '../extract/readable-source.js';
import type { ReleaseComponent } from './image-references.js';
import type { Release } from './read-release.js';
import { ReleaseError } from './release-error.js';
import { injectMarkers } from './release-markers.js';
import { textOf } from './json-object.js';

/** A program for users of the cluster that a component's image carries. */
export interface ReleaseTool {
  command: string;
  os: 'linux' | 'mac' | 'windows';
  component: string;
  path: string;
  /** Programs of these names are the same file. */
  alsoAs: readonly string[];
  /** The beginning of the archive's name. */
  archive: string;
}

const tool = (command: string, os: ReleaseTool['os'], component: string, path: string, alsoAs: string[] = []) => ({
  command,
  os,
  component,
  path,
  alsoAs,
  archive: `${ARCHIVES[command] ?? command}-${os}`,
});
const ARCHIVES: Record<string, string> = { oc: 'openshift-client' };

export const RELEASE_TOOLS: readonly ReleaseTool[] = [
  tool('oc', 'linux', 'cli', 'usr/bin/oc', ['kubectl']),
  tool('oc', 'mac', 'cli-artifacts', 'usr/share/openshift/mac/oc', ['kubectl']),
  tool('oc', 'windows', 'cli-artifacts', 'usr/share/openshift/windows/oc.exe'),
  tool('openshift-install', 'linux', 'installer', 'usr/bin/openshift-install'),
  tool('openshift-install', 'mac', 'installer-artifacts', 'usr/share/openshift/mac/openshift-install'),
  tool('openshift-baremetal-install', 'linux', 'baremetal-installer', 'usr/bin/openshift-install'),
  tool('ccoctl', 'linux', 'cloud-credential-operator', 'usr/bin/ccoctl'),
];

export interface ExtractToolOptions extends Waiting {
  /** A folder that is there. */
  to: string;
  /** By which the release can be pulled. */
  pullSpec: string;
  sourceOf: (component: ReleaseComponent) => ReadableSource;
}

/**
 * Writes a program of a release, told of the release that it belongs to, and returns its path. Errors: ReleaseError NOT_FOUND when
 * the release has no such component or the component no such file, ImageError, those of the source.
 */
export async function extractTool(release: Release, wanted: ReleaseTool, options: ExtractToolOptions): Promise<string> {
  const { command, component: name, path, os } = wanted;
  const component = release.references.components.find((one) => one.name === name);
  if (component === undefined)
    throw new ReleaseError('NOT_FOUND', `the release has no image ${name}, which holds ${command}`);
  const { to, sourceOf, signal, pullSpec } = options;
  const image = await readComponent(component, sourceOf(component), { matches: platformOf(release), signal });
  // Beside the target, so that it gets there in one step.
  const folder = await mkdtemp(join(to, '.extract-'));
  try {
    let isThere = false;
    await extractImage(image.source, image.manifest.layers, [fileMapping(path, folder)], {
      limits: new ReadLimits(),
      onlyFiles: true,
      preserveOwnership: false,
      onExtracted: () => (isThere = true),
      onSkipped: () => undefined,
      signal,
    });
    if (!isThere) throw new ReleaseError('NOT_FOUND', `the image ${name} holds no ${path}`);
    const binary = join(folder, path.slice(path.lastIndexOf('/') + 1));
    const architecture = textOf(release.image.config['architecture']) ?? 'amd64';
    await injectMarkers(binary, { version: release.references.version, image: pullSpec, architecture });
    const target = join(to, os === 'windows' ? `${command}.exe` : command);
    await rename(binary, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface PackToolOptions extends Waiting {
  /** A folder that is there. */
  to: string;
  version: string;
  modified: Date;
}

/** Packs a program, and itself under its other names, and returns name and digest of the archive. Errors: those of the file system. */
export async function packTool(
  binary: string,
  { command, alsoAs, archive: prefix }: Pick<ReleaseTool, 'command' | 'alsoAs' | 'archive'>,
  { to, version, modified, signal }: PackToolOptions,
): Promise<{ name: string; sha256: string }> {
  const name = `${prefix}-${version}.tar.gz`;
  const target = join(to, name);
  const partial = `${target}.partial`;
  const { size } = await stat(binary);
  const archive = pack();
  const fill = async () => {
    await pipeline(createReadStream(binary), archive.entry({ name: command, mode: 0o755, size, mtime: modified }));
    for (const other of alsoAs) archive.entry({ name: other, type: 'link', linkname: command, mtime: modified });
    archive.finalize();
  };
  try {
    const filled = fill().catch((error: Error) => archive.destroy(error));
    await pipeline(archive, createGzip(), createWriteStream(partial), { signal });
    await filled;
    const hash = createHash('sha256');
    await pipeline(createReadStream(partial), hash, { signal });
    await rename(partial, target);
    return { name, sha256: hash.digest('hex') };
  } finally {
    await rm(partial, { force: true });
  }
}
