import { headerOf, ProtocolError, type RawConnection } from './raw-connection.js';

/** The content of an upload: the bytes from `start` up to but not including `end`. */
export type Slices = (start: number, end: number) => Iterable<Uint8Array>;

export interface BlobUpload {
  repository: string;
  digest: string;
  size: number;
  slices: Slices;
  /** Sends PATCH requests of this size; undefined for one PUT with the whole content. */
  chunkSize: number | undefined;
}

/** Uploads a blob: POST, then PUT with the content or PATCHes and an empty PUT (distribution spec, pushing blobs). */
export async function uploadBlob(connection: RawConnection, upload: BlobUpload): Promise<void> {
  const { repository, digest, size, slices, chunkSize } = upload;
  const started = await connection.expect(202, { method: 'POST', path: `/v2/${repository}/blobs/uploads/` });
  let path = locationOf(started.head);
  const type = { 'Content-Type': 'application/octet-stream' };
  for (let start = 0; chunkSize !== undefined && start < size; start += chunkSize) {
    const end = Math.min(size, start + chunkSize);
    const headers = { ...type, 'Content-Range': `${start}-${end - 1}` };
    const body = { length: end - start, parts: slices(start, end) };
    path = locationOf((await connection.expect(202, { method: 'PATCH', path, headers, body })).head);
  }
  const last = `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  const body = chunkSize === undefined ? { length: size, parts: slices(0, size) } : undefined;
  await connection.expect(201, { method: 'PUT', path: last, headers: type, ...(body && { body }) });
}

/** The path and query of the Location header. */
function locationOf(head: string): string {
  const location = headerOf(head, 'location');
  if (location === undefined) throw new ProtocolError('a response without Location');
  const { pathname, search } = new URL(location, 'http://127.0.0.1');
  return pathname + search;
}
