/** Looking into images, and taking files out of them. */
export { extractImage } from './extract-image.js';
export { allEntries, imageEntries } from './image-entries.js';
export { ImageError } from './image-error.js';
export { ReadLimits } from './layer-entries.js';
export { selectLayers, splitLayerSelector } from './layer-selector.js';
export { fileMapping, mappedPath, parsePathMapping, type PathMapping } from './path-mapping.js';
export { readImage, type Image } from './read-image.js';
