import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { headerOf, RawConnection } from './raw-connection.js';

let server: Server;

async function connectTo(listener: RequestListener): Promise<RawConnection> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return RawConnection.open({ port, authorization: 'Basic x', caFile: undefined });
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('RawConnection', () => {
  it('counts bodies, large and empty, one after the other on one connection', async () => {
    const connection = await connectTo((request, response) => {
      const size = Number(request.url?.slice(1));
      response.writeHead(200, { 'Content-Length': size });
      response.end(Buffer.alloc(request.method === 'HEAD' ? 0 : size));
    });
    for (const size of [3_000_000, 0, 5]) {
      expect(await connection.send({ method: 'GET', path: `/${size}` })).toMatchObject({ status: 200, bytes: size });
      expect(await connection.send({ method: 'HEAD', path: `/${size}` })).toMatchObject({ status: 200, bytes: 0 });
    }
    connection.close();
  });

  it('counts a body that comes in chunks', async () => {
    const connection = await connectTo((_request, response) => {
      response.write(Buffer.alloc(300_000));
      response.end(Buffer.alloc(7));
    });
    for (let repeat = 0; repeat < 2; repeat++) {
      expect(await connection.send({ method: 'GET', path: '/' })).toMatchObject({ status: 200, bytes: 300_007 });
    }
    connection.close();
  });

  it('sends a body of many parts, credentials and headers', async () => {
    const connection = await connectTo(async (request, response) => {
      let length = 0;
      for await (const chunk of request) length += (chunk as Buffer).length;
      const { authorization, 'x-test': test } = request.headers;
      response.writeHead(201, { 'Content-Length': 0, Location: `/${length}/${authorization}/${String(test)}` }).end();
    });
    const parts = Array.from({ length: 50 }, () => Buffer.alloc(100_000));
    const request = { method: 'PUT', path: '/', headers: { 'X-Test': 'y' }, body: { length: 5_000_000, parts } };
    const { head } = await connection.expect(201, request);
    expect(headerOf(head, 'location')).toBe('/5000000/Basic x/y');
    connection.close();
  });

  it('tells the status and the text of an unexpected answer', async () => {
    const connection = await connectTo((_, response) => {
      response.writeHead(404, { 'Content-Length': 4 }).end('none');
    });
    await expect(connection.expect(200, { method: 'GET', path: '/a' })).rejects.toThrow('404 instead of 200 none');
    connection.close();
  });

  it('fails when the server closes the connection', async () => {
    const connection = await connectTo((request) => request.socket.destroy());
    await expect(connection.send({ method: 'GET', path: '/' })).rejects.toThrow('closed');
    await expect(connection.send({ method: 'GET', path: '/' })).rejects.toThrow('closed');
  });
});
