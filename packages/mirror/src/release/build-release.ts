import type { Waiting } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { valid } from 'semver';
import { appendLayers } from '../build/append-layers.js';
import type { BasePlace, BuiltImage } from '../build/built-image.js';
import { layerOfBytes } from '../build/new-layer.js';
import type { Image } from '../extract/read-image.js';
import { componentFiles, isOperator, renamedManifests, type ComponentFilesOptions } from './component-files.js';
import { componentVersions } from './component-versions.js';
import type { ReleaseComponent } from './image-references.js';
import { objectOf, textsOf } from './json-object.js';
import { ReleaseError } from './release-error.js';
import type { ReleaseFolder } from './release-folder.js';
import { releaseFiles, releaseLayer, type ReleaseContent } from './release-files.js';

export interface ComposeReleaseOptions
  extends
    Waiting,
    Pick<ReleaseContent, 'version' | 'created' | 'previous' | 'next' | 'metadata'>,
    Pick<ComponentFilesOptions, 'allowMissing' | 'check'> {
  components: readonly ReleaseComponent[];
  /** Manifests and configurations of all components, by name. */
  images: ReadonlyMap<string, Image>;
  /** Of these, manifests are in any layer. */
  overridden: ReadonlySet<string>;
  /** Versions in place of those that images name. */
  versions: ReadonlyMap<string, string>;
  /** Whose manifests are taken in place of those of the images; they name images as the folder does. */
  folder?: ReleaseFolder | undefined;
  /** Lines for people: what is odd about the images. */
  onNote: (note: string) => void;
}

/** Annotations of components come from these labels of their images. */
const LABELS = 'io.openshift.build.';

/**
 * What a release of images says (mirror.md 1.7, 3.1). Errors: ReleaseError USAGE for versions that are none, INVALID for a manifest that
 * two images have, those of componentFiles.
 */
export async function composeRelease(options: ComposeReleaseOptions): Promise<ReleaseContent> {
  const { version, previous, next, images, onNote } = options;
  for (const one of [version, ...previous, ...next]) {
    if (valid(one) === null)
      throw new ReleaseError('USAGE', `${JSON.stringify(one.slice(0, 100))} is no semantic version`);
  }
  const components = options.components.map((one) => ({
    ...one,
    annotations: { ...labelsOf(images.get(one.name)), ...one.annotations },
  }));
  const pullSpecs = new Map(components.map(({ name, pullSpec }) => [name, pullSpec]));
  if (options.folder !== undefined) {
    const { modified } = options.folder;
    return { ...options, manifests: renamedManifests(options.folder, pullSpecs, options.check), modified, components };
  }
  const { versions, warnings } = componentVersions(components);
  for (const warning of warnings) onNote(`warning: ${warning}`);
  const files = await manifestsOf({
    ...options,
    pullSpecs,
    versions: new Map([...versions.map((one) => [one.name, one.version] as const), ...options.versions]),
  });
  return { ...options, ...files, components };
}

async function manifestsOf({
  images,
  overridden,
  ...options
}: Omit<ComponentFilesOptions, 'allLayers'> & Pick<ComposeReleaseOptions, 'images' | 'overridden'>): Promise<
  Pick<ReleaseContent, 'manifests' | 'modified'>
> {
  const manifests = new Map<string, Uint8Array>();
  const owners = new Map<string, string>();
  let modified = new Date(0);
  for (const [name, image] of images) {
    if (!isOperator(image)) continue;
    const files = await componentFiles(name, image, { ...options, allLayers: overridden.has(name) });
    for (const [file, bytes] of files.manifests) {
      const owner = owners.get(file);
      if (owner !== undefined && !bytes.equals(manifests.get(file) ?? Buffer.alloc(0))) {
        throw new ReleaseError('INVALID', `${owner} and ${name} both have a manifest ${file}`);
      }
      owners.set(file, name);
      manifests.set(file, bytes);
    }
    if (files.modified > modified) modified = files.modified;
  }
  return { manifests, modified };
}

/** What a release is laid over. */
export interface ReleaseBase extends BasePlace {
  /** By which it is read. */
  digest: Digest;
}

export interface BuildReleaseOptions extends Waiting {
  /** A base for several platforms stays one. */
  keepList: boolean;
  /** Which image of a base for several platforms. */
  matches: (platform: string) => boolean;
  /** Lines for people: what of a list is left out. */
  onNote: (note: string) => void;
}

/** Makes the image of a release (mirror.md 1.7). Errors: those of appendLayers. */
export async function buildRelease(
  content: ReleaseContent,
  base: ReleaseBase,
  { keepList, matches, onNote, signal }: BuildReleaseOptions,
): Promise<BuiltImage> {
  const { version, created, modified } = content;
  const { bytes, diffId } = await releaseLayer(releaseFiles(content), modified);
  return appendLayers(base, base.digest, {
    layers: [layerOfBytes(bytes, { diffId, comment: 'Release image for OpenShift' })],
    keepList,
    ...(!keepList && { matches }),
    created,
    change: (config) => labelled(config, { version, baseDigest: base.digest }),
    onNote,
    signal,
  });
}

/** What is to be signed for a release, as `gpg --sign` takes it. */
export function signableContent(
  digest: Digest,
  { pullSpec, creator, created }: { pullSpec: string; creator: string; created: Date },
): string {
  const value = {
    critical: {
      type: 'atomic container signature',
      image: { 'docker-manifest-digest': digest },
      identity: { 'docker-reference': pullSpec },
    },
    optional: { creator, timestamp: Math.floor(created.getTime() / 1000) },
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function labelsOf(image: Image | undefined): Record<string, string> {
  const labels = textsOf(objectOf(image?.config['config'])['Labels']);
  return Object.fromEntries(
    Object.entries(labels)
      .filter(([key]) => key.startsWith(LABELS))
      .sort(),
  );
}

function labelled(config: object, { version, baseDigest }: { version: string; baseDigest: Digest }): object {
  const inner = objectOf((config as { config?: unknown }).config);
  const labels = {
    ...textsOf(inner['Labels']),
    'io.openshift.release': version,
    'io.openshift.release.base-image-digest': baseDigest,
  };
  return { ...config, config: { ...inner, Labels: labels } };
}
