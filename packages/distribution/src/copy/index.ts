export { executeCopy, type CopyEvent, type CopyFailure } from './execute.js';
export { FileRepository } from './file-repository.js';
export { Folder, readChunks } from './folder.js';
export { ImageArchive, type ArchiveKind } from './image-archive.js';
export { ImageFolder } from './image-folder.js';
export { lockFolder } from './folder-lock.js';
export { platformName, readImageTree, type ImageTree, type PlatformSelection } from './image-tree.js';
export { Journal } from './journal.js';
export { layoutPath } from './layout-files.js';
export {
  layoutIndexBytes,
  LAYOUT_MARKER,
  layoutName,
  splitLayoutName,
  type NamedImage,
  REF_NAME,
} from './layout-index.js';
export { registrySource } from './mirrored-source.js';
export { OciLayout } from './oci-layout.js';
export { CopyError, type Blob, type ImageSource, type ImageTarget } from './place.js';
export { planCopy, type CopyPlan, type RepositoryPlan, type StoreStats } from './plan.js';
export { RegistrySource, RegistryTarget } from './registry-place.js';
export { StoreLimits } from './store-limits.js';
export { blobsOf, survey, type SurveyedImage, type WantedImage, type WantedTarget } from './survey.js';
