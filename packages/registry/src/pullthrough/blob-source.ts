import type { Readable } from 'node:stream';

/** Where a blob that is not held locally can be had. Errors of all calls: RemoteError, the signal's reason. */
export interface BlobSource {
  /** Streams it from the byte at `start`. `size` is the whole blob's. */
  open(start: number, signal: AbortSignal): Promise<{ size: number; body: Readable }>;
  /** Its size in bytes, without its content. */
  size(signal: AbortSignal): Promise<number>;
}
