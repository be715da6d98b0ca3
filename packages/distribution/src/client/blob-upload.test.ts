import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { digestOf } from '@longshore/oci';
import { expect, it } from 'vitest';
import { ChunkWriter } from '../chunk-writer.js';
import { RegistryClient } from './registry-client.js';

const CHUNK = 24 * 1024 * 1024;
const [OWN, OTHER] = [1, 2];
const TLS_HANDSHAKE = 0x16;

/** Answers requests as soon as their headers are there. Of the connection with a PUT nothing more is read then. */
function answerEarly(socket: Socket, onPut: (socket: Socket) => void): void {
  let head = '';
  const read = (piece: Buffer) => {
    if (piece[0] === TLS_HANDSHAKE) return void socket.destroy(); // Clients try it first.
    head += piece.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const isPut = head.startsWith('PUT');
    const answer = isPut ? '201 Created' : head.startsWith('POST') ? '202 Accepted\r\nlocation: /v2/at' : '200 OK';
    head = '';
    if (isPut) {
      socket.off('data', read).pause();
      onPut(socket);
    }
    socket.write(`HTTP/1.1 ${answer}\r\ncontent-length: 0\r\n\r\n`);
  };
  socket.on('error', () => undefined).on('data', read);
}

it('keeps the memory of a chunk from others while a connection sends it to a registry that has answered already', async () => {
  let put: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => answerEarly(socket, (found) => (put = found)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new RegistryClient({ insecure: () => true });
  const writer = client.writer({ host: `127.0.0.1:${(server.address() as AddressInfo).port}`, name: 'team/app' });
  const bytes = Buffer.alloc(CHUNK, OWN);
  const options = { signal: new AbortController().signal, chunkBytes: CHUNK };
  const upload = writer.uploadBlob({ digest: digestOf(bytes), size: CHUNK }, options);
  await upload.write(bytes);
  await upload.finish();
  const other = new ChunkWriter(CHUNK, () => Promise.resolve());
  await other.write(Buffer.alloc(CHUNK, OTHER));

  let [received, isForeign] = [0, false];
  await new Promise<void>((resolve) =>
    put
      ?.on('close', resolve)
      .on('data', (piece: Buffer) => {
        isForeign ||= piece.includes(OTHER);
        received += piece.byteLength;
        if (received >= CHUNK - 100_000) resolve();
      })
      .resume(),
  );
  expect(isForeign).toBe(false);
  await client.close();
  server.close();
});
