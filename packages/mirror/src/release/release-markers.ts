import { open, type FileHandle } from 'node:fs/promises';
import { ReleaseError } from './release-error.js';

/** What client binaries are told of the release that they come from. */
export interface ReleaseMarkers {
  version: string;
  image: string;
  architecture: string;
}

const WINDOW = 1024 * 1024;
/** Places in binaries: the name between zero bytes, then room in the form of `X`, then a zero byte. */
const MARKERS = {
  version: Buffer.from('\0_RELEASE_VERSION_LOCATION_\0'),
  image: Buffer.from('\0_RELEASE_IMAGE_LOCATION_\0'),
  architecture: Buffer.from('\0_RELEASE_ARCHITECTURE_LOCATION_\0'),
};
const LONGEST_ROOM = 1024;

/**
 * Writes version, image and architecture into the places that a binary keeps for them. Returns which it has. Errors: ReleaseError
 * INVALID when a value does not fit, those of the file system.
 */
export async function injectMarkers(path: string, values: ReleaseMarkers): Promise<(keyof ReleaseMarkers)[]> {
  const file = await open(path, 'r+');
  try {
    const places = await findMarkers(file);
    for (const [name, { offset, room }] of places) {
      const value = Buffer.from(`${values[name]}\0`);
      if (value.length > room)
        throw new ReleaseError('INVALID', `${path}: has no room for the ${name} ${values[name]}`);
      await file.write(value, 0, value.length, offset);
    }
    return [...places.keys()];
  } finally {
    await file.close();
  }
}

type Places = Map<keyof ReleaseMarkers, { offset: number; room: number }>;

/** The first place of each. Windows overlap, so that none is cut in two. */
async function findMarkers(file: FileHandle): Promise<Places> {
  const places: Places = new Map();
  const window = Buffer.alloc(WINDOW);
  const overlap = LONGEST_ROOM + Math.max(...Object.values(MARKERS).map(({ length }) => length));
  for (let start = 0; ; start += WINDOW - overlap) {
    const { bytesRead } = await file.read(window, 0, WINDOW, start);
    const bytes = window.subarray(0, bytesRead);
    for (const name of Object.keys(MARKERS) as (keyof ReleaseMarkers)[]) {
      const at = bytes.indexOf(MARKERS[name]);
      if (at < 0 || places.has(name)) continue;
      const begin = at + MARKERS[name].length;
      const end = bytes.indexOf(0, begin);
      const isRoom =
        end > begin && end - begin <= LONGEST_ROOM && bytes.subarray(begin, end).every((byte) => byte === X);
      if (isRoom) places.set(name, { offset: start + begin, room: end - begin + 1 });
    }
    if (bytesRead < WINDOW) return places;
  }
}

const X = 'X'.charCodeAt(0);
