import { Header } from 'tar/header';
import { Pax } from 'tar/pax';

export const TAR_BLOCK = 512;
/** What ends an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;

const EPOCH = new Date(0);

/** The header of a file in an archive: for one path and size always the same bytes. */
export function tarHeader(path: string, size: number): Buffer {
  const data = { path, size, mode: 0o644, uid: 0, gid: 0, mtime: EPOCH, type: 'File' } as const;
  const header = Buffer.alloc(TAR_BLOCK);
  const needsPax = new Header(data).encode(header);
  return needsPax ? Buffer.concat([new Pax({ path, size }).encode(), header]) : header;
}

/** A size, rounded up to whole blocks. */
export function tarPadded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}
