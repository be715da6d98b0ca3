import { Readable } from 'node:stream';

/** A request body that comes in the given chunks. */
export const bodyOf = (...chunks: Uint8Array[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

/** A request body whose client goes away after the given chunks. */
export function brokenBody(...chunks: Uint8Array[]): Readable {
  const left = chunks.map((chunk) => Buffer.from(chunk));
  return new Readable({
    highWaterMark: 1,
    read() {
      const chunk = left.shift();
      // Not in the same turn: the chunk before must have been handed on.
      if (chunk) this.push(chunk);
      else setImmediate(() => this.destroy());
    },
  });
}

/** A request body of which nothing more comes, and that does not end. */
export function silentBody(...chunks: Uint8Array[]): Readable {
  const body = new Readable({ read: () => undefined });
  chunks.forEach((chunk) => body.push(Buffer.from(chunk)));
  return body;
}
