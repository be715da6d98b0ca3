import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientHello } from './client-hello.js';

/** What OpenSSL sends first. */
async function helloOf(servername: string | undefined, more: object = {}): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ...(servername && { servername }), ...more });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of at most `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    const head = Buffer.from([22, 3, 1, 0, 0]);
    head.writeUInt16BE(piece.length, 3);
    records.push(head, piece);
  }
  return Buffer.concat(records);
}

describe('the first bytes of a connection', () => {
  it.each<[string, string | undefined, object]>([
    ['a name', 'registry.apps.test', {}],
    ['a name, by TLS 1.2', 'registry.apps.test', { maxVersion: 'TLSv1.2' }],
    ['a name behind other extensions', 'a.test', { ALPNProtocols: ['h2', 'http/1.1'] }],
    ['no name', undefined, {}],
  ])('tell %s', async (_what, serverName, options) => {
    const bytes = await helloOf(serverName, options);
    const expected = { type: 'hello', ...(serverName && { serverName }) };
    expect(readClientHello(bytes)).toEqual(expected);
    expect(readClientHello(Buffer.concat([bytes, Buffer.from('more')]))).toEqual(expected);
    for (const size of [1, 7, 100]) expect(readClientHello(inRecords(bytes, size))).toEqual(expected);
    for (let end = 0; end < bytes.length; end++) {
      expect(readClientHello(bytes.subarray(0, end))).toEqual({ type: 'incomplete' });
    }
  });

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['SSH', Buffer.from('SSH-2.0-x')],
    ['another handshake message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['a record too large', Buffer.from([22, 3, 1, 0xff, 0xff, 1])],
    ['a hello too large', Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])],
    ['a hello that is cut short', Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3])],
  ])('are %s', (_what, bytes) => {
    expect(readClientHello(bytes)).toEqual({ type: 'other' });
  });

  it('are anything, and never too much for the reader', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, (content) => {
        expect(['incomplete', 'other']).toContain(readClientHello(Buffer.from(content)).type);
        const hello = Buffer.from([22, 3, 1, 0, 4 + content.length, 1, 0, 0, content.length, ...content]);
        expect(['hello', 'other']).toContain(readClientHello(hello).type);
      }),
    );
  });
});
