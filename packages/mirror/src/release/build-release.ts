import { valid } from 'semver';
import type { Waiting } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import type { Image } from '../extract/read-image.js';
import { buildImage } from '../build/build-image.js';
import { BuiltImage } from '../build/built-image.js';
import { layerOfBytes } from '../build/new-layer.js';
import { componentFiles, isOperator } from './component-files.js';
import type { ReleaseComponent } from './image-references.js';
import { objectOf, textsOf } from './json-object.js';
import { releaseFiles, releaseLayer, type ReleaseContent } from './release-files.js';
import { ReleaseError } from './release-error.js';

export interface BuildReleaseOptions
  extends Waiting, Pick<ReleaseContent, 'version' | 'created' | 'previous' | 'next' | 'metadata'> {
  components: readonly ReleaseComponent[];
  /** Manifests and configurations of all components, by name. */
  images: ReadonlyMap<string, Image>;
  /** The component that the release is laid over. */
  base: string;
  /** Where that is. */
  place: { store: string; repository: string };
}

/** Annotations of components come from these labels of their images. */
const LABELS = 'io.openshift.build.';

/**
 * Makes a release image (mirror.md 1.7, 3.1). Errors: ReleaseError USAGE for versions that are none, NOT_FOUND for a base that is not
 * among the components; those of componentFiles.
 */
export async function buildRelease(options: BuildReleaseOptions): Promise<BuiltImage> {
  const { version, created, previous, next, images, signal } = options;
  for (const one of [version, ...previous, ...next]) {
    if (valid(one) === null)
      throw new ReleaseError('USAGE', `${JSON.stringify(one.slice(0, 100))} is no semantic version`);
  }
  const base = images.get(options.base);
  if (base === undefined)
    throw new ReleaseError('NOT_FOUND', `the release has no image ${options.base} to be laid over`);
  const components = options.components.map((one) => ({
    ...one,
    annotations: { ...labelsOf(images.get(one.name)), ...one.annotations },
  }));
  const pullSpecs = new Map(components.map(({ name, pullSpec }) => [name, pullSpec]));
  const manifests = new Map<string, Uint8Array>();
  let modified = new Date(0);
  for (const [name, image] of images) {
    if (!isOperator(image)) continue;
    const files = await componentFiles(name, image, { version, pullSpecs }, { signal });
    for (const [file, bytes] of files.manifests) manifests.set(file, bytes);
    if (files.modified > modified) modified = files.modified;
  }
  const files = releaseFiles({ ...options, components, manifests, modified });
  const { bytes, diffId } = await releaseLayer(files, modified);
  const layer = layerOfBytes(bytes, { diffId, comment: 'Release image for OpenShift' });
  const change = (config: object) => labelled(config, { version, baseDigest: base.digest });
  return new BuiltImage(buildImage(base, [layer], { created, change }), { source: base.source, ...options.place });
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
