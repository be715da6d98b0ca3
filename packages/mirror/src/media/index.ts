/** Checking folders of mirrored images, and carrying them as archives. */
export { diffMedia } from './diff-media.js';
export { inventoryText, readInventory } from './inventory.js';
export { MediaArchive } from './media-archive.js';
export { packMedia } from './pack-media.js';
export { unpackMedia } from './unpack-media.js';
export { verifyMedia, type MediaReport } from './verify-media.js';
