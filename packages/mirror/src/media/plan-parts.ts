import { TAR_BLOCK, TAR_END_BYTES, tarHeader } from '@longshore/distribution';
import { entryBytes } from './archive-manifest.js';

/** A file to be packed. */
export interface PackItem {
  path: string;
  size: number;
}

/** A file, or a stretch of one that is larger than a part. */
export interface PartEntry<T extends PackItem> {
  item: T;
  /** The name in the part: that of the file, or with the number of the piece behind it. */
  path: string;
  start: number;
  length: number;
}

/** A piece smaller than this is not worth the room at the end of a part. */
const SMALLEST_PIECE = 64 * 1024;

/** Decides what goes into which part, in the order of the items: none is cut unless it is larger than a part, of at least 1 MiB. */
export function planParts<T extends PackItem>(items: readonly T[], partBytes: number): PartEntry<T>[][] {
  const capacity = partBytes - TAR_END_BYTES;
  const parts: PartEntry<T>[][] = [[]];
  let left = capacity;
  const add = (entry: PartEntry<T>) => {
    parts.at(-1)?.push(entry);
    left -= entryBytes({ path: entry.path, size: entry.length });
  };
  const next = () => {
    parts.push([]);
    left = capacity;
  };
  for (const item of items) {
    const bytes = entryBytes(item);
    if (bytes <= capacity) {
      if (bytes > left) next();
      add({ item, path: item.path, start: 0, length: item.size });
      continue;
    }
    for (let start = 0, piece = 0; start < item.size; piece += 1) {
      const path = `${item.path}.${piece}`;
      const room = left - tarHeader(path, left).byteLength;
      if (room < Math.min(SMALLEST_PIECE, item.size - start)) next();
      const length = Math.min(item.size - start, whole(left - tarHeader(path, left).byteLength));
      add({ item, path, start, length });
      start += length;
    }
  }
  return parts;
}

/** Rounded down to blocks. */
function whole(bytes: number): number {
  return Math.floor(bytes / TAR_BLOCK) * TAR_BLOCK;
}
