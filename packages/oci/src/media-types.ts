/** The media types that a registry meets (reference registry 1.7). */
export const MediaType = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociNonDistributableLayer: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  ociNonDistributableLayerGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  ociNonDistributableLayerZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  emptyJson: 'application/vnd.oci.empty.v1+json',
} as const;

const INDEXES: ReadonlySet<string> = new Set([MediaType.dockerManifestList, MediaType.ociIndex]);
const SCHEMA1: ReadonlySet<string> = new Set([MediaType.dockerSchema1, MediaType.dockerSchema1Signed]);
const IMAGES: ReadonlySet<string> = new Set([MediaType.dockerManifest, MediaType.ociManifest]);
const NON_DISTRIBUTABLE: ReadonlySet<string> = new Set([
  MediaType.dockerForeignLayer,
  MediaType.dockerForeignLayerGzip,
]);
const CONTAINER_CONFIGS: ReadonlySet<string> = new Set([MediaType.dockerConfig, MediaType.ociConfig]);
const OCI_NON_DISTRIBUTABLE_PREFIX = 'application/vnd.oci.image.layer.nondistributable.';
const RESTRICTED_NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const SHAPE = new RegExp(`^${RESTRICTED_NAME}/${RESTRICTED_NAME}$`);

/** True for everything that lives at a manifest endpoint: images, indexes and lists, and both forms of schema1. */
export function isManifestMediaType(mediaType: string): boolean {
  return IMAGES.has(mediaType) || INDEXES.has(mediaType) || SCHEMA1.has(mediaType);
}

/** True for an OCI index or a Docker manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** True for Docker's first manifest format, signed or not. It can be read, but no longer pushed. */
export function isSchema1MediaType(mediaType: string): boolean {
  return SCHEMA1.has(mediaType);
}

/** True for layers that stay at their publisher's site: Docker's foreign ones and OCI's non-distributable ones. */
export function isNonDistributable(mediaType: string): boolean {
  return NON_DISTRIBUTABLE.has(mediaType) || mediaType.startsWith(OCI_NON_DISTRIBUTABLE_PREFIX);
}

/** True for the configuration of a container; those of artifacts are what their makers like. */
export function isContainerConfig(mediaType: string): boolean {
  return CONTAINER_CONFIGS.has(mediaType);
}

/** True for `type/subtype` with names as RFC 6838 section 4.2 restricts them, without parameters. */
export function hasMediaTypeShape(text: string): boolean {
  return SHAPE.test(text);
}

/** The media type of a `Content-Type` or `Accept` value: without parameters, trimmed, lower-case. May be empty. */
export function parseMediaType(header: string): string {
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}
