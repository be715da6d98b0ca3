import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, connect as connectTls } from 'node:tls';
import { readFile } from 'node:fs/promises';
import { createCertificateAuthority, issueServerCertificate, temporaryFolder } from '@longshore/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { giveBack, isLent, receiveOptions } from './receive-buffers.js';

const endings: (() => void)[] = [];
let tls: { key: Buffer; cert: Buffer };

beforeAll(async () => {
  const dir = temporaryFolder('receive-buffers');
  const files = await issueServerCertificate(await createCertificateAuthority(dir), { dir });
  tls = { key: await readFile(files.key), cert: await readFile(files.certificate) };
});

afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** Content in which each place has a value of its own. */
function contentOf(size: number): Buffer {
  const words = Uint32Array.from({ length: size / 4 }, (_, index) => index);
  return Buffer.from(words.buffer);
}

/** A connection to somebody who sends this and ends. */
async function received(isTls: boolean, content: Buffer): Promise<Socket> {
  const send = (socket: Socket) => void socket.on('error', () => undefined).end(content);
  const server = isTls ? createTlsServer(tls, send) : createServer(send);
  endings.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const options = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...receiveOptions(isTls) };
  const socket = isTls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
  endings.push(() => socket.destroy());
  return socket;
}

describe.each([
  ['plain', false],
  ['TLS', true],
])('receiving over %s connections', (_, isTls) => {
  it('uses the memory of pieces again that are given back', async () => {
    const content = contentOf(32 * 1024 * 1024);
    const buffers = new Set<ArrayBufferLike>();
    const found: Buffer[] = [];
    for await (const piece of await received(isTls, content)) {
      found.push(Buffer.from(piece as Buffer));
      if (isLent(piece as Buffer)) buffers.add((piece as Buffer).buffer);
      giveBack(piece as Buffer);
      expect(isLent(piece as Buffer)).toBe(false);
    }
    expect(Buffer.concat(found).equals(content)).toBe(true);
    expect(buffers.size).toBeGreaterThan(0);
    expect(buffers.size).toBeLessThan(16);
  });

  it('leaves pieces alone that nobody gives back', async () => {
    const content = contentOf(4 * 1024 * 1024);
    const found: Buffer[] = [];
    for await (const piece of await received(isTls, content)) found.push(piece as Buffer);
    expect(Buffer.concat(found).equals(content)).toBe(true);
  });

  it('takes memory back only with the last piece of a read', async () => {
    const [piece] = (await once(await received(isTls, contentOf(1024 * 1024)), 'data')) as [Buffer];
    if (!isLent(piece)) return expect(piece.byteLength).toBeLessThan(32 * 1024);
    giveBack(piece.subarray(0, 1000));
    expect(isLent(piece)).toBe(true);
    giveBack(piece.subarray(1000));
    expect(isLent(piece)).toBe(false);
  });

  it('does not keep a whole buffer for a short answer', async () => {
    const [piece] = (await once(await received(isTls, contentOf(400)), 'data')) as [Buffer];
    expect(isLent(piece)).toBe(false);
    expect(piece.equals(contentOf(400))).toBe(true);
  });
});

it('keeps no more memory for later than a busy copy needs', () => {
  const { onread } = receiveOptions(false);
  const take = onread.buffer as () => Uint8Array;
  const pieces: Buffer[] = [];
  const socket = { push: (piece: Buffer) => pieces.push(piece) > 0 };
  const used = new Set<ArrayBufferLike>();
  for (let count = 0; count < 300; count += 1) {
    const taken = take();
    used.add(taken.buffer);
    onread.callback.call(socket, taken.byteLength, taken);
  }
  pieces.forEach(giveBack);
  const again = Array.from({ length: 300 }, () => used.has(take().buffer));
  expect(again.filter(Boolean)).toHaveLength(256);
});
