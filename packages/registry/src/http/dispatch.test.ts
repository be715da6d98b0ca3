import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeImageApi } from '../testing/fake-image-api.js';
import { JoinedRegistry } from '../testing/joined-registry.js';

const MIB = 2 ** 20;

let registry: JoinedRegistry;
beforeEach(async () => {
  const api = new FakeImageApi();
  api.rules.push({ user: 'editor', verb: '*', resource: '*' });
  registry = await JoinedRegistry.start({ api });
});
afterEach(() => registry.close());

/** Sends a body without end. Resolves, when the connection is cut, with the answer and how much of the body was taken. */
async function sendEndlessly(path: string): Promise<{ answer: string; taken: number }> {
  const { hostname, port } = new URL(registry.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined); // a reset, as the body has not come to its end
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const credentials = Buffer.from('x:editor').toString('base64');
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${credentials}\r\n`);
  socket.write('Content-Length: 1000000000000\r\n\r\n');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = Buffer.alloc(MIB);
  const goOn = () => {
    if (socket.bytesWritten < 512 * MIB) socket.write(chunk, (error) => (error ? undefined : goOn()));
    else socket.destroy();
  };
  goOn();
  await closed;
  return { answer, taken: socket.bytesWritten };
}

describe('a body that nobody wants', () => {
  it.each([
    ['/v2/Upper/blobs/uploads/', '400 Bad Request'],
    ['/v2/three/parts/here/blobs/uploads/', '400 Bad Request'],
    ['/v2/shop/app/manifests/v1', '405 Method Not Allowed'],
    ['/nowhere', '404 Not Found'],
  ])('is not read to its end: POST %s', async (path, status) => {
    const { answer, taken } = await sendEndlessly(path);
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(taken).toBeLessThan(384 * MIB);
  });
});
