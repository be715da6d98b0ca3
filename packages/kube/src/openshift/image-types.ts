/** The kinds of `image.openshift.io/v1` as they travel (registry.md 3). */
import type { KubeList, KubeObject } from '../object.js';
import type { Status, StatusReason } from '../status.js';

export const IMAGE_GROUP = 'image.openshift.io';
export const IMAGE_API_VERSION = 'image.openshift.io/v1';

/** Annotations of images and image streams (registry.md 3.11). */
export const IMAGE_ANNOTATIONS = {
  managed: 'openshift.io/image.managed',
  repositoryCheck: 'openshift.io/image.dockerRepositoryCheck',
  insecureRepository: 'openshift.io/image.insecureRepository',
  excludeSecret: 'openshift.io/image.excludeSecret',
  layersOrder: 'image.openshift.io/dockerLayersOrder',
  manifestBlobStored: 'image.openshift.io/manifestBlobStored',
  triggers: 'image.openshift.io/triggers',
  preferArchitecture: 'importer.image.openshift.io/prefer-arch',
  preferOs: 'importer.image.openshift.io/prefer-os',
  denyExecution: 'images.openshift.io/deny-execution',
  resolveNames: 'alpha.image.policy.openshift.io/resolve-names',
  ignoreRules: 'alpha.image.policy.openshift.io/ignore-rules',
  /** When an image that was there already was pushed again. Our own. */
  pushedAt: 'image.longshore.dev/pushed-at',
  /** On a mapping: for whom its writer, the registry, acts. Only noted in the log of the stream. */
  onBehalfOf: 'image.longshore.dev/on-behalf-of',
  /** Digest of the manifest that this one is about (`subject`): signatures and SBOMs live and die with it. Our own. */
  subject: 'image.longshore.dev/subject',
} as const;

/** Types of the items of a LimitRange that bound images and image streams, and their keys (registry.md 5). */
export const IMAGE_LIMITS = {
  image: 'openshift.io/Image',
  imageStream: 'openshift.io/ImageStream',
  /** In `max` of `image`: bytes. */
  storage: 'storage',
  images: 'openshift.io/images',
  imageTags: 'openshift.io/image-tags',
} as const;

/**
 * Keys of a ResourceQuota that count images and image streams (registry.md 5). `storage` is Longshore's own: the bytes of all
 * images of a namespace, each layer and configuration counted once.
 */
export const IMAGE_QUOTAS = {
  streams: 'openshift.io/imagestreams',
  streamCount: 'count/imagestreams.image.openshift.io',
  storage: 'openshift.io/image-storage',
} as const;

/** An image of the whole cluster; its name is the digest of its manifest (registry.md 3.1). */
export interface Image extends KubeObject {
  dockerImageReference?: string;
  dockerImageMetadata?: DockerImage;
  dockerImageMetadataVersion?: string;
  dockerImageManifest?: string;
  dockerImageConfig?: string;
  dockerImageManifestMediaType?: string;
  dockerImageLayers?: ImageLayer[];
  dockerImageManifests?: ImageManifest[];
  signatures?: ImageSignature[];
  /** Base64. */
  dockerImageSignatures?: string[];
}

export interface ImageLayer {
  name: string;
  /** Bytes. */
  size: number;
  mediaType: string;
}

/** A child of a manifest list or index. */
export interface ImageManifest {
  digest: string;
  mediaType: string;
  /** Bytes. */
  manifestSize: number;
  architecture: string;
  os: string;
  variant?: string;
}

/** `dockerImageMetadata`: what the configuration of an image says, in the words of Docker's old API. */
export interface DockerImage {
  kind: 'DockerImage';
  apiVersion: 'image.openshift.io/1.0';
  Id?: string;
  Parent?: string;
  Comment?: string;
  Created?: string;
  Container?: string;
  ContainerConfig?: DockerConfig;
  DockerVersion?: string;
  Author?: string;
  Config?: DockerConfig;
  Architecture?: string;
  /** Bytes of the configuration and of each layer, counted once. */
  Size?: number;
}

export interface DockerConfig {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  Memory?: number;
  MemorySwap?: number;
  CpuShares?: number;
  Cpuset?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  PortSpecs?: string[];
  ExposedPorts?: Record<string, object>;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Env?: string[];
  Cmd?: string[];
  Image?: string;
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Entrypoint?: string[];
  NetworkDisabled?: boolean;
  SecurityOpts?: string[];
  OnBuild?: string[];
  Labels?: Record<string, string>;
}

/** Named `<image>@<signature>` (registry.md 3.2). */
export interface ImageSignature extends KubeObject {
  type: string;
  /** Base64. */
  content: string;
  conditions?: SignatureCondition[];
  imageIdentity?: string;
  signedClaims?: Record<string, string>;
  created?: string;
  issuedBy?: SignatureParty;
  issuedTo?: SignatureParty & { publicKeyID: string };
}

export interface SignatureCondition {
  type: string;
  status: ConditionStatus;
  lastProbeTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface SignatureParty {
  organization?: string;
  commonName?: string;
}

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** registry.md 3.3. */
export interface ImageStream extends KubeObject {
  spec: ImageStreamSpec;
  status: ImageStreamStatus;
}

export interface ImageStreamSpec {
  lookupPolicy: ImageLookupPolicy;
  dockerImageRepository?: string;
  tags?: TagReference[];
}

export interface ImageLookupPolicy {
  local: boolean;
}

export interface TagReference {
  name: string;
  annotations?: Record<string, string> | null;
  from?: ImageReferenceObject;
  reference?: boolean;
  generation?: number | null;
  importPolicy: TagImportPolicy;
  referencePolicy: TagReferencePolicy;
}

export interface ImageReferenceObject {
  kind: 'ImageStreamTag' | 'ImageStreamImage' | 'DockerImage';
  name: string;
  namespace?: string;
}

export interface TagImportPolicy {
  insecure?: boolean;
  scheduled?: boolean;
  importMode?: ImportMode;
}

export type ImportMode = 'Legacy' | 'PreserveOriginal';

export interface TagReferencePolicy {
  type: 'Source' | 'Local';
}

export interface ImageStreamStatus {
  dockerImageRepository: string;
  publicDockerImageRepository?: string;
  tags?: NamedTagEventList[];
}

export interface NamedTagEventList {
  tag: string;
  /** Newest first. */
  items: TagEvent[] | null;
  conditions?: TagEventCondition[];
}

export interface TagEvent {
  created: string;
  dockerImageReference: string;
  /** Digest. */
  image: string;
  generation: number;
}

export interface TagEventCondition {
  type: 'ImportSuccess';
  status: ConditionStatus;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
  generation: number;
}

/** Named `stream:tag` (registry.md 3.6). */
export interface ImageStreamTag extends KubeObject {
  tag: TagReference | null;
  generation: number;
  lookupPolicy: ImageLookupPolicy;
  conditions?: TagEventCondition[];
  image: Image;
}

/** Named `stream:tag`. */
export interface ImageTag extends KubeObject {
  spec?: TagReference | null;
  status?: NamedTagEventList | null;
  image?: Image | null;
}

/** Named `stream@digest`. */
export interface ImageStreamImage extends KubeObject {
  image: Image;
}

/** What a push tells (registry.md 3.8). */
export interface ImageStreamMapping extends KubeObject {
  dockerImageRepository?: string;
  image: Image;
  tag: string;
}

/** registry.md 3.7. */
export interface ImageStreamLayers extends KubeObject {
  blobs: Record<string, ImageLayerData>;
  images: Record<string, ImageBlobReferences>;
}

export interface ImageLayerData {
  /** Bytes; null when it is not known. */
  size: number | null;
  mediaType: string;
}

export interface ImageBlobReferences {
  imageMissing?: boolean;
  layers?: string[];
  config?: string;
  manifests?: string[];
}

/** registry.md 3.9. */
export interface ImageStreamImport extends KubeObject {
  spec: ImageStreamImportSpec;
  status?: ImageStreamImportStatus;
}

export interface ImageStreamImportSpec {
  /** False: only tells what would be. */
  import: boolean;
  repository?: RepositoryImportSpec;
  images?: ImageImportSpec[];
}

export interface RepositoryImportSpec {
  from: ImageReferenceObject;
  importPolicy?: TagImportPolicy;
  referencePolicy?: TagReferencePolicy;
  includeManifest?: boolean;
}

export interface ImageImportSpec extends RepositoryImportSpec {
  to?: { name: string };
}

export interface ImageStreamImportStatus {
  import?: ImageStream;
  repository?: RepositoryImportStatus;
  images?: ImageImportStatus[];
}

/** How an import ended; beside Kubernetes' reasons there are two of its own. */
export type ImportStatus = Omit<Status, 'reason'> & { reason?: StatusReason | 'NotV2Registry' | 'ImportFailed' };

export interface RepositoryImportStatus {
  status?: ImportStatus;
  images?: ImageImportStatus[];
  additionalTags?: string[];
}

export interface ImageImportStatus {
  status: ImportStatus;
  image?: Image;
  tag: string;
  manifests?: Image[];
}

export type ImageList = KubeList<Image>;
export type ImageStreamList = KubeList<ImageStream>;
