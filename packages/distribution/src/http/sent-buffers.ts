import type { Socket } from 'node:net';

/** How many writes of sockets still read from memory. */
const writes = new WeakMap<ArrayBufferLike, number>();

/**
 * Notes what a socket is sending, as long as it does. A server may answer before it has read a request to its end; the answer says
 * nothing of what is on its way then. Changes the socket in place.
 */
export function watchWrites<T extends Socket>(socket: T): T {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const watched = (bytes: unknown, ...rest: unknown[]) => {
    // Undici sends bodies without anything else.
    if (!(bytes instanceof Uint8Array) || rest.length > 0) return write(bytes, ...rest);
    count(bytes.buffer, 1);
    return write(bytes, () => count(bytes.buffer, -1));
  };
  return Object.assign(socket, { write: watched });
}

/** Whether the memory of these bytes must not change yet, since a socket sends it. */
export function isBeingSent({ buffer }: Uint8Array): boolean {
  return (writes.get(buffer) ?? 0) > 0;
}

function count(buffer: ArrayBufferLike, change: number): void {
  writes.set(buffer, (writes.get(buffer) ?? 0) + change);
}
