/** Mirroring of images. The other subjects of the room are loaded by themselves: see the subpaths in package.json. */
export { expandMappings } from './expand.js';
export { readSmallBlob, type ReadableSource } from './extract/readable-source.js';
export { folderSource, formatOf } from './folder-places.js';
export { readMappings, type Mapping, type MappingFile } from './mapping.js';
export { MirrorError } from './mirror-error.js';
export { mirrorImages, type MirrorOptions } from './mirror-images.js';
export { parsePlaceName, repositoryText, type PlaceName } from './place-name.js';
export { Places, type PlaceOptions } from './places.js';
export { planText } from './plan-text.js';
export { SignatureError } from './signatures/signature-error.js';
export { binarySize, byteRate, shortDuration } from './units.js';
