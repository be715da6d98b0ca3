/** Making images and releases. */
export { appendLayers, layersAlone } from './append-layers.js';
export { type BuiltImage } from './built-image.js';
export { readLayerFile } from './layer-file.js';
export { type NewLayer } from './new-layer.js';
export { buildRelease, composeRelease, signableContent } from '../release/build-release.js';
