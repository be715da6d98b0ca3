import type { Image } from '@longshore/mirror/extract';
import type { Release } from '@longshore/mirror/release';

/** What programs get: the fields of `oc adm release info -o json` (mirror.md 3.2). */
export function releaseForPrograms(
  release: Release,
  { pullSpec, images }: { pullSpec: string; images: ReadonlyMap<string, Image> | undefined },
): object {
  const { image, metadata, references, versions, warnings } = release;
  return {
    image: pullSpec,
    digest: image.digest,
    contentDigest: image.digest,
    listDigest: image.listDigest ?? '',
    config: image.config,
    metadata: metadata ?? null,
    references: references.object,
    versions: Object.fromEntries(versions.map(({ name, version }) => [name, version])),
    displayVersions: Object.fromEntries(
      versions.map(({ name, version, displayName }) => [name, { Version: version, DisplayName: displayName }]),
    ),
    versionsTags: Object.fromEntries(versions.map(({ name, tags }) => [name, tags])),
    images:
      images === undefined
        ? null
        : Object.fromEntries([...images].map(([name, one]) => [name, imageForPrograms(name, one)])),
    warnings,
  };
}

function imageForPrograms(name: string, { source, digest, listDigest, manifest, config }: Image): object {
  const { mediaType, layers } = manifest;
  return { name, image: `${source.name}@${digest}`, digest, listDigest: listDigest ?? '', mediaType, layers, config };
}
