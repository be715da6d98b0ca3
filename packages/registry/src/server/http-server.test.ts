import { once } from 'node:events';
import { Agent, get, request as send, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import net, { connect } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HttpConfig } from '../config/index.js';
import { createLogger } from '../observe/index.js';
import { listen, splitAddress, type ListeningServer } from './http-server.js';

const CONFIG: HttpConfig = {
  addr: '127.0.0.1:0',
  net: 'tcp',
  prefix: '/',
  relativeurls: false,
  draintimeout: 1000,
  headers: {},
  http2: { disabled: true },
};
const LOG = createLogger({ level: 'error' });

const servers: ListeningServer[] = [];
const agents: Agent[] = [];
afterEach(async () => {
  agents.splice(0).forEach((agent) => agent.destroy());
  await Promise.all(servers.splice(0).map((server) => server.drain(0)));
});

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  config: Partial<HttpConfig> = {},
) {
  const server = await listen({ ...CONFIG, ...config }, handle, LOG);
  servers.push(server);
  return { server, port: splitAddress(server.address).port };
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

async function fetched(options: RequestOptions): Promise<{ status: number | undefined; text: string }> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode, text };
}

describe('splitAddress', () => {
  it.each([
    ['127.0.0.1:5000', '127.0.0.1', 5000],
    ['localhost:0', 'localhost', 0],
    [':5000', undefined, 5000],
    ['[::1]:5000', '::1', 5000],
    ['[::]:5000', '::', 5000],
    ['registry.example:443', 'registry.example', 443],
  ])('%s', (addr, host, port) => {
    expect(splitAddress(addr)).toEqual({ host, port });
  });
});

describe('listen', () => {
  it('serves on a port', async () => {
    const { server, port } = await serve((_request, response) => void response.end('here'));
    expect(server.address).toBe(`127.0.0.1:${port}`);
    expect(await fetched({ port })).toEqual({ status: 200, text: 'here' });
  });

  it('serves on a socket', async () => {
    const folder = temporaryFolder('socket');
    try {
      const addr = join(folder, 'registry.sock');
      const { server } = await serve((_request, response) => void response.end('here'), { net: 'unix', addr });
      expect(server.address).toBe(addr);
      expect(await fetched({ socketPath: addr })).toEqual({ status: 200, text: 'here' });
    } finally {
    }
  });

  it('says when the port is taken', async () => {
    const { server } = await serve(() => undefined);
    await expect(listen({ ...CONFIG, addr: server.address }, () => undefined, LOG)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('leaves it to the handler when a body may come', async () => {
    const { port } = await serve((request, response) => {
      if (request.method === 'PUT') response.writeContinue();
      response.end(request.method);
    });
    for (const [method, continues] of [
      ['PUT', true],
      ['PATCH', false],
    ] as const) {
      const client = send({ port, method, headers: { expect: '100-continue', 'content-length': 1 } });
      let continued = false;
      client.on('continue', () => (continued = true));
      client.flushHeaders();
      await once(client, 'response');
      expect(continued).toBe(continues);
      client.destroy();
    }
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a head without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`, /^HTTP\/1\.1 431 /],
  ])('answers %s once, and ends the connection', async (_what, sent, status) => {
    const { port } = await serve((_request, response) => void response.end());
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(sent);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
    expect(text).toMatch(status);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).toContain('"code":"UNSUPPORTED"');
  });
});

describe('a malformed request behind a good one', () => {
  const BAD = 'nonsense\r\n\r\n';

  it.each([
    ['whose answer has begun, cuts it', 'part', ''],
    ['whose answer has not begun, is answered', '', 'HTTP/1.1 400 '],
  ])('%s', async (_what, begun, expected) => {
    let asked = false;
    const { port } = await serve((_request, response) => {
      asked = true;
      if (begun) response.writeHead(200, { 'content-length': 100 }).write(begun);
    });
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => asked).toBe(true);
    socket.write(BAD);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
    expect(text.includes('HTTP/1.1 400')).toBe(expected !== '');
  });
});

describe('an accept that fails', () => {
  it('is logged, and the server goes on', async () => {
    const lines: unknown[] = [];
    const log = { ...LOG, error: (...line: unknown[]) => void lines.push(line) };
    const created = vi.spyOn(net.Server.prototype, 'listen');
    const server = await listen(CONFIG, (_request, response) => void response.end('here'), log);
    servers.push(server);
    const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    (created.mock.contexts[0] as net.Server).emit('error', error);
    created.mockRestore();
    expect(lines).toEqual([[{ error }, 'the server could not take a connection']]);
    expect((await fetched({ port: splitAddress(server.address).port })).text).toBe('here');
  });
});

describe('drain', () => {
  it('lets a running request end, and does not wait for idle connections', async () => {
    let finish: (() => void) | undefined;
    const { server, port } = await serve((request, response) => {
      if (request.url === '/slow') finish = () => response.end('done');
      else response.end('quick');
    });
    await fetched({ port, agent: keepAlive() });
    const running = fetched({ port, agent: keepAlive(), path: '/slow' });
    await expect.poll(() => finish).toBeDefined();
    const drained = server.drain(60_000);
    await expect(fetched({ port, agent: keepAlive() })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish?.();
    expect((await running).text).toBe('done');
    await drained;
  });

  it('does not wait for connections that never said anything', async () => {
    const { server, port } = await serve((_request, response) => void response.end());
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await fetched({ port }); // by then the server knows of both
    const ended = once(socket.resume(), 'close');
    await server.drain(600_000);
    await ended;
  });

  it('lets a request end whose head has come in part', async () => {
    const { server, port } = await serve((_request, response) => void response.end('done'));
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.write('GET / HTTP/1.1\r\n');
    await fetched({ port });
    const drained = server.drain(600_000);
    socket.write('Host: a\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('done');
    await drained;
  });

  it('cuts what does not end in time', async () => {
    let started = false;
    const { server, port } = await serve(() => {
      started = true;
    });
    const running = fetched({ port });
    running.catch(() => undefined);
    await expect.poll(() => started).toBe(true);
    await server.drain(1);
    await expect(running).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a client that asks for several things at once and leaves', () => {
  it('is known to have left by all answers', async () => {
    const ends: Promise<unknown>[] = [];
    const { port } = await serve((_request, response) => {
      ends.push(once(response, 'close').then(() => response.destroyed));
      response.writeHead(200, { 'content-length': 2 ** 30 });
      const more = () => void response.write(Buffer.alloc(2 ** 20), (error) => error ?? more());
      more();
    });
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await once(socket, 'data');
    await expect.poll(() => ends.length).toBe(3);
    socket.destroy();
    expect(await Promise.all(ends)).toEqual([true, true, true]);
  });
});
