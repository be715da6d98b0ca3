import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { pack } from 'tar-stream';
import { IMAGE_REFERENCES, type ReleaseComponent } from './image-references.js';
import { RELEASE_FOLDER } from './read-release.js';
import { METADATA_KIND, RELEASE_METADATA } from './release-metadata.js';

/** What a release image is to say. */
export interface ReleaseContent {
  version: string;
  /** RFC 3339, whole seconds. */
  created: string;
  previous: readonly string[];
  next: readonly string[];
  metadata: Record<string, unknown>;
  components: readonly Pick<ReleaseComponent, 'name' | 'pullSpec' | 'annotations'>[];
  /** By their names in the release, in their order. */
  manifests: ReadonlyMap<string, Uint8Array>;
  /** Of all files: the newest time of the manifests. */
  modified: Date;
}

/** The files of a release in the order and the form of mirror.md 1.7. */
export function releaseFiles(content: ReleaseContent): Map<string, Uint8Array> {
  return new Map<string, Uint8Array>([
    [IMAGE_REFERENCES, jsonFile(imageReferences(content))],
    [RELEASE_METADATA, jsonFile(metadata(content))],
    ...content.manifests,
  ]);
}

function jsonFile(value: object): Buffer {
  return Buffer.from(JSON.stringify(value, undefined, 2));
}

/** The ImageStream that names the images of a release, in the order of their names. */
export function imageReferences({ version, created, components }: ReleaseContent): object {
  const sorted = [...components].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name: version, creationTimestamp: created },
    spec: {
      lookupPolicy: { local: false },
      tags: sorted.map(({ name, pullSpec, annotations }) => ({
        name,
        annotations: Object.keys(annotations).length === 0 ? null : annotations,
        from: { kind: 'DockerImage', name: pullSpec },
        generation: null,
        importPolicy: {},
        referencePolicy: { type: '' },
      })),
    },
    status: { dockerImageRepository: '' },
  };
}

function metadata({ version, previous, next, metadata: more }: ReleaseContent): object {
  return {
    kind: METADATA_KIND,
    version,
    previous: [...previous].sort(),
    ...(next.length > 0 && { next: [...next].sort() }),
    ...(Object.keys(more).length > 0 && { metadata: more }),
  };
}

/** A layer with the files of a release, packed, and the digest of what is packed. The same for the same files. */
export async function releaseLayer(
  files: ReadonlyMap<string, Uint8Array>,
  modified: Date,
): Promise<{ bytes: Buffer; diffId: string }> {
  const archive = pack();
  archive.entry({ name: `${RELEASE_FOLDER}/`, type: 'directory', mode: 0o777, mtime: modified });
  for (const [name, content] of files) {
    archive.entry({ name: `${RELEASE_FOLDER}/${name}`, mode: 0o444, mtime: modified }, Buffer.from(content));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { bytes: gzipSync(bytes), diffId: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}
