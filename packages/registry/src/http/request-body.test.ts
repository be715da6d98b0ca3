import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { BodyAborted } from '../uploads/receive.js';
import { checkBodyLength, drainBody, endsConnection, readSmallBody } from './request-body.js';

/** A request whose body the test writes. */
function pretended(headers: IncomingMessage['headers'] = {}, httpVersion = '1.1') {
  const stream = new PassThrough();
  return {
    stream,
    request: Object.assign(stream, { headers, httpVersion, complete: false }) as unknown as IncomingMessage,
  };
}

describe('readSmallBody', () => {
  it('gives back what was sent, in whatever pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), async (pieces) => {
        const { stream, request } = pretended();
        const read = readSmallBody(request, 10_000);
        pieces.forEach((piece) => stream.write(piece));
        stream.end();
        expect(await read).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  it.each([
    { length: 99, fits: true },
    { length: 100, fits: true },
    { length: 101, fits: false },
    { length: 5000, fits: false },
  ])('of $length bytes with a limit of 100: $fits', async ({ length, fits }) => {
    const { stream, request } = pretended();
    const read = readSmallBody(request, 100);
    for (let sent = 0; sent < length; sent += 10) stream.write(Buffer.alloc(Math.min(10, length - sent)));
    stream.end();
    if (fits) expect(await read).toHaveLength(length);
    else await expect(read).rejects.toMatchObject({ code: 'MANIFEST_INVALID', status: 413, detail: { limit: 100 } });
  });

  it('does not wait for the end of a body without end', async () => {
    const { stream, request } = pretended();
    const read = readSmallBody(request, 100);
    read.catch(() => undefined);
    for (let sent = 0; sent < 20; sent++) stream.write(Buffer.alloc(2 ** 20));
    await expect(read).rejects.toMatchObject({ status: 413 });
  });

  it('holds no more than the bytes, however small the pieces', async () => {
    const { stream, request } = pretended();
    const read = readSmallBody(request, 10);
    const shared = Buffer.alloc(2 ** 20, 1);
    for (let index = 0; index < 10; index++) stream.write(shared.subarray(index, index + 1));
    stream.end();
    expect((await read).buffer.byteLength).toBeLessThan(2 ** 16);
  });

  it.each(['close', 'error'])('tells when the client goes away (%s)', async (how) => {
    const { stream, request } = pretended();
    const read = readSmallBody(request, 100);
    stream.write(Buffer.alloc(10));
    stream.destroy(how === 'error' ? new Error('reset') : undefined);
    await expect(read).rejects.toThrow(BodyAborted);
  });

  it('tells when the client had gone away before', async () => {
    const { stream, request } = pretended();
    stream.destroy();
    await once(stream, 'close');
    await expect(readSmallBody(request, 100)).rejects.toThrow(BodyAborted);
  });
});

describe('checkBodyLength', () => {
  it.each([
    [undefined, true],
    ['100', true],
    ['101', false],
    ['99999999999999999999', false],
  ])('announced as %s, limit 100: %s', (length, fits) => {
    const { request } = pretended(length === undefined ? {} : { 'content-length': length });
    if (fits) expect(() => checkBodyLength(request, 100)).not.toThrow();
    else expect(() => checkBodyLength(request, 100)).toThrow(expect.objectContaining({ status: 413 }) as Error);
  });
});

describe('endsConnection', () => {
  it.each([
    [{}, '1.1', false],
    [{ connection: 'close' }, '1.1', true],
    [{ connection: 'Keep-Alive, Close' }, '1.1', true],
    [{ connection: 'keep-alive' }, '1.1', false],
    [{}, '1.0', true],
    [{ connection: 'Keep-Alive' }, '1.0', false],
    [{ connection: 'close', expect: '100-continue' }, '1.1', false],
  ])('%j in HTTP/%s: %s', (headers, version, ends) => {
    expect(endsConnection(pretended(headers, version).request)).toBe(ends);
  });
});

describe('drainBody', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

  async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
    const server = createServer(handle).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('reads what is left, so that the connection can be used again', async () => {
    const drained: boolean[] = [];
    const port = await serve((request, response) => {
      void drainBody(request).then((complete) => {
        drained.push(complete);
        response.end('answer');
      });
    });
    const client = send({ port, method: 'PUT', headers: { 'content-length': 2 ** 20 } });
    client.end(Buffer.alloc(2 ** 20));
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    expect(response.headers.connection).toBe('keep-alive');
    response.resume();
    await once(response, 'end');
    expect(drained).toEqual([true]);
  });

  it('gives up on a client that sends too much, and on one that leaves', async () => {
    const port = await serve((request, response) => {
      void drainBody(request).then((complete) => response.end(String(complete)));
    });
    const client = send({ port, method: 'PUT', headers: { 'transfer-encoding': 'chunked' } });
    client.on('error', () => undefined);
    const answered = once(client, 'response') as Promise<[IncomingMessage]>;
    const more = () => {
      while (client.writable && client.write(Buffer.alloc(2 ** 20)));
    };
    client.on('drain', more);
    more();
    const [response] = await answered;
    response.setEncoding('utf8');
    expect(((await once(response, 'data')) as [string])[0]).toBe('false');
    client.destroy();
  });

  it('has nothing to do when all has come, or the client has gone', async () => {
    const left = new Promise<boolean>((resolve) => {
      void serve((request) => {
        request.on('close', () => void drainBody(request).then(resolve));
        request.socket.destroy();
      }).then((port) => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        socket.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
      });
    });
    expect(await left).toBe(false);
    const { request } = pretended();
    Object.assign(request, { complete: true });
    expect(await drainBody(request)).toBe(true);
  });
});
