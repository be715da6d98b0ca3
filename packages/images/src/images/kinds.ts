import type { ResourceDefinition } from '@longshore/apiserver';
import { imageKind, type ImageObserver } from './image-kind.js';
import { signatureKind } from './signature-kind.js';

/**
 * The kinds of images themselves: `images` and `imagesignatures` (registry.md 3.1, 3.2).
 *
 * @param afterWrite hears of each image that was stored, changed or deleted: {@link LayersIndex.note}
 */
export function imageKinds(afterWrite: ImageObserver): ResourceDefinition[] {
  return [imageKind(afterWrite), signatureKind()];
}
