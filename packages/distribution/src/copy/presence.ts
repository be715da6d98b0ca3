import { repositoryKey } from './new-repositories.js';
import type { Blob, ImageSource, ImageTarget } from './place.js';

/** Names a blob. Who lies about its size does not spoil it for others. */
export function blobKey({ digest, size }: Blob): string {
  return `${digest} ${size}`;
}

/** Names a blob at a target. */
export function presenceKey(target: ImageTarget, blob: Blob): string {
  return `${repositoryKey(target)} ${blobKey(blob)}`;
}

/** Names a blob at a source. */
export function sourceKey({ store, name }: ImageSource, blob: Blob): string {
  return `${store} ${name} ${blobKey(blob)}`;
}
