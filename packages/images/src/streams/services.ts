import type { ImageApiParts } from '../api/parts.js';
import type { LayersIndex } from '../layers/layers-index.js';
import type { ImageLimits } from '../limits/image-limits.js';

/** What the kinds of image streams share. */
export interface StreamServices {
  parts: ImageApiParts;
  index: LayersIndex;
  limits: ImageLimits;
}
