import type { OnReadOpts, Socket } from 'node:net';
import { bodyReceived } from './body-garbage.js';

/** What one read of a socket takes at most: TLS hands out single records. */
const READ_BYTES = { plain: 128 * 1024, tls: 16 * 1024 };
/** More that nobody uses are left to the collector: 32 MiB. */
const MOST_FREE = 256;

interface Lent {
  /** Behind the last byte that was received. */
  end: number;
  free: ArrayBuffer[];
}

const lent = new WeakMap<ArrayBufferLike, Lent>();
const freePlain: ArrayBuffer[] = [];
const freeTls: ArrayBuffer[] = [];

/**
 * Socket options that let bytes be received into memory that is used again. Node would take 64 KiB anew for each read: at a
 * gigabyte a second, an eighth of the time of a copy goes into that and into the collections that it brings about. There are no
 * more such buffers than connections and pieces that were not given back; who does not give back leaves them to the collector.
 */
export function receiveOptions(isTls: boolean): { highWaterMark: number; onread: OnReadOpts } {
  const size = isTls ? READ_BYTES.tls : READ_BYTES.plain;
  const free = isTls ? freeTls : freePlain;
  const take = () => {
    const found = free.pop();
    if (found !== undefined) return new Uint8Array(found);
    bodyReceived(size);
    return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  };
  // Node calls it as a method of the socket.
  const callback = function (this: Socket, count: number, { buffer }: Uint8Array): boolean {
    const received = Buffer.from(buffer, 0, count);
    // A short answer must not hold a whole buffer for as long as somebody keeps it.
    if (count < size / 4) {
      const takesMore = this.push(Buffer.from(received));
      free.push(buffer as ArrayBuffer);
      return takesMore;
    }
    lent.set(buffer, { end: count, free });
    return this.push(received);
  };
  return { highWaterMark: 2 * size, onread: { buffer: take, callback } };
}

/**
 * Call once for each piece of a body whose bytes nobody will look at any more, in their order. With the last one of a read its
 * memory is used again.
 */
export function giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const loan = lent.get(buffer);
  if (loan?.end !== byteOffset + byteLength) return;
  lent.delete(buffer);
  if (loan.free.length < MOST_FREE) loan.free.push(buffer as ArrayBuffer);
}

/** Whether a piece lies in memory that is used again, once it is given back. */
export function isLent({ buffer }: Uint8Array): boolean {
  return lent.has(buffer);
}
