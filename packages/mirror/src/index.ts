export { expandMappings } from './expand.js';
export { readMappings, type Mapping, type MappingFile } from './mapping.js';
export { MirrorError } from './mirror-error.js';
export { folderSource, formatOf, type FolderFormat } from './folder-places.js';
export { diffMedia } from './media/diff-media.js';
export { inventoryText, readInventory } from './media/inventory.js';
export { MediaArchive } from './media/media-archive.js';
export { packMedia } from './media/pack-media.js';
export { unpackMedia } from './media/unpack-media.js';
export { verifyMedia, type MediaReport } from './media/verify-media.js';
export { mirrorImages, type MirrorOptions } from './mirror-images.js';
export { imageMirrors } from './mirror-sets/image-mirrors.js';
export {
  installConfigYaml,
  mirrorSetYaml,
  sourceMirrors,
  type MirrorSetKind,
  type SourceMirrors,
} from './mirror-sets/mirror-set.js';
export {
  LARGEST_MIRROR_FILE,
  parseMirrorConfiguration,
  type MirrorConfiguration,
} from './mirror-sets/parse-mirror-sets.js';
export { parsePlaceName, repositoryText, type PlaceName } from './place-name.js';
export { Places, type PlaceOptions } from './places.js';
export { planText } from './plan-text.js';
export { binarySize, byteRate, shortDuration } from './units.js';
export { ImageError } from './extract/image-error.js';
export { readSmallBlob, type ReadableSource } from './extract/readable-source.js';
export { readImage, type Image } from './extract/read-image.js';
export { componentManifests, readRelease, type Release } from './release/read-release.js';
export { findComponent, readComponent, readComponents } from './release/read-components.js';
export {
  compareReleases,
  sourceOfComponent,
  type ChangedComponent,
  type ReleaseDifference,
} from './release/compare-releases.js';
export { type ReleaseComponent } from './release/image-references.js';
export { parseReleaseDestination, type ReleaseDestination } from './release/release-destination.js';
export { releaseMappings, releaseMirrors, type ReleaseMirroring } from './release/release-mappings.js';
export { ReleaseError } from './release/release-error.js';
export { releaseFiles, releaseLayer, type ReleaseContent } from './release/release-files.js';
export { extractImage } from './extract/extract-image.js';
export { allEntries, imageEntries, type ImageEntry } from './extract/image-entries.js';
export { selectLayers, splitLayerSelector } from './extract/layer-selector.js';
export { ReadLimits } from './extract/layer-entries.js';
export { fileMapping, mappedPath, parsePathMapping, type PathMapping } from './extract/path-mapping.js';
export { CLOUDS, credentialsRequests } from './release/credentials-requests.js';
export { extractTool, packTool, RELEASE_TOOLS, type ReleaseTool } from './release/release-tools.js';
export { releaseSignatures, signedDigest } from './signatures/release-signatures.js';
export { LARGEST_KEYRING } from './signatures/keyring.js';
export {
  LARGEST_SIGNATURE_FILE,
  parseSignatureConfigMap,
  signatureConfigMap,
  signatureFileName,
  type SignatureFileFormat,
} from './signatures/signature-config-map.js';
export { SignatureError } from './signatures/signature-error.js';
export { memoryStore } from './signatures/signature-store.js';
export { graphSvg, graphText } from './graph/draw-graph.js';
export { fetchGraph } from './graph/fetch-graph.js';
export { findReleaseImage, imageOfClusterVersion } from './graph/release-image.js';
export { GraphError } from './graph/graph-error.js';
export { LARGEST_GRAPH, parseUpdateGraph, type GraphEdge, type UpdateGraph } from './graph/update-graph.js';
export { partOfGraph, shortestPath } from './graph/update-path.js';
export { buildRelease, signableContent } from './release/build-release.js';
export { parseImageReferences } from './release/image-references.js';
export { appendLayers, layersAlone } from './build/append-layers.js';
export { type BuiltImage } from './build/built-image.js';
export { readLayerFile } from './build/layer-file.js';
export { type NewLayer } from './build/new-layer.js';
