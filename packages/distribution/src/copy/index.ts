export { executeCopy, type CopyEvent, type CopyFailure } from './execute.js';
export { FileRepository } from './file-repository.js';
export { Folder, readChunks, readRange } from './folder.js';
export { ImageArchive } from './image-archive.js';
export { ImageFolder } from './image-folder.js';
export { lockFolder } from './folder-lock.js';
export { blobsOf, platformName, readImageTree, type ImageTree, type PlatformSelection } from './image-tree.js';
export { Journal } from './journal.js';
export { layoutPath } from './layout-files.js';
export { layoutIndexBytes, LAYOUT_MARKER, layoutName, splitLayoutName, REF_NAME } from './layout-index.js';
export { registrySource } from './mirrored-source.js';
export { readLocalManifest } from './local-manifest.js';
export { OciLayout } from './oci-layout.js';
export {
  CopyError,
  fileFailure,
  type Blob,
  type ImageSource,
  type ImageTarget,
  type ManifestReading,
} from './place.js';
export { planCopy, type CopyPlan, type RepositoryPlan, type StoreStats } from './plan.js';
export { RegistrySource, RegistryTarget } from './registry-place.js';
export { S3Repository } from './s3-repository.js';
export { type S3Access } from './s3-client.js';
export { S3Store } from './s3-store.js';
export { StoreLimits } from './store-limits.js';
export { survey, type SurveyedImage, type WantedImage, type WantedTarget } from './survey.js';
export { TAR_BLOCK, TAR_END_BYTES, tarHeader, tarPadded } from './tar-header.js';
