import type { Socket } from 'node:net';
import { readClientHello } from './client-hello.js';

/** Clients that take longer to begin TLS are sent away. */
export const HELLO_MS = 10_000;

/**
 * Reads what a client says first, and puts it back, so that who takes the connection over reads it again. Undefined when that
 * is no TLS, or does not come in time.
 */
export function readHello(client: Socket): Promise<{ serverName?: string } | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const finish = (hello: { serverName?: string } | undefined) => {
      clearTimeout(late);
      client.off('data', take);
      client.off('end', stop);
      client.off('close', stop);
      client.pause();
      if (hello !== undefined) client.unshift(bytes);
      resolve(hello);
    };
    const stop = () => finish(undefined);
    const take = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const first = readClientHello(bytes);
      if (first.type === 'other') stop();
      if (first.type === 'hello') finish(first);
    };
    const late = setTimeout(stop, HELLO_MS);
    client.on('data', take);
    client.on('end', stop);
    client.on('close', stop);
  });
}
