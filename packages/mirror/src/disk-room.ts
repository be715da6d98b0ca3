import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { binarySize } from './units.js';

/** What a disk takes. */
export interface DiskRoom {
  bytes: number;
  /** The largest file that its file system holds. */
  largestFile: number;
}

/** As `statfs` calls FAT. */
const FAT = 0x4d44;
const LARGEST_ON_FAT = 4 * 1024 ** 3 - 1;

/** The room where a folder is, or is going to be. */
export async function diskRoom(folder: string): Promise<DiskRoom> {
  const { bavail, bsize, type } = await statfs(folder).catch(() => statfs(dirname(folder)));
  return { bytes: bavail * bsize, largestFile: type === FAT ? LARGEST_ON_FAT : Infinity };
}

/** Why files do not fit on a disk, in words for people; undefined when they do. */
export function lackOfRoom(folder: string, files: readonly number[], room: DiskRoom): string | undefined {
  const largest = files.reduce((most, bytes) => Math.max(most, bytes), 0);
  if (largest > room.largestFile) {
    const words = `is on a disk that holds no file of more than ${binarySize(room.largestFile)}`;
    return `${folder} ${words}, and one of ${binarySize(largest)} is to come; use another file system, such as exFAT`;
  }
  const needed = files.reduce((sum, bytes) => sum + bytes, 0);
  if (needed <= room.bytes) return undefined;
  const words = `has ${binarySize(room.bytes)} left, and ${binarySize(needed)} are to come`;
  return `${folder} ${words}; make room, or use another disk`;
}
