import { EventEmitter } from 'node:events';
import { digestOf } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../http/exchange.js';
import { TransferBroken } from '../http/send-file.js';
import { answer } from './answer.js';
import type { FolderImages } from './folder-images.js';

const digest = digestOf(Buffer.from('blob'));
const route = { kind: 'blob', repository: 'team/app', digest } as const;

/** A connection whose end nobody has told Node's answer of yet: it takes chunks, and never says that they were sent. */
class SilentResponse extends EventEmitter {
  readonly destroyed = false;
  taken = 0;

  writeHead(): void {}

  write({ length }: Uint8Array): boolean {
    this.taken += length;
    return false;
  }
}

function ask(chunks: AsyncIterable<Uint8Array>, size: number) {
  const response = new SilentResponse();
  const request = { method: 'GET', url: '/', headers: {}, socket: {} };
  const settings = { headers: [], host: undefined, relativeUrls: true, prefix: '/' };
  const images: FolderImages = {
    repositories: () => Promise.resolve([]),
    at: () => ({
      blobSize: () => Promise.resolve(size),
      openBlob: () => Promise.resolve(chunks),
      manifest: () => Promise.reject(new Error('not asked for')),
      tags: () => {
        throw new Error('not asked for');
      },
    }),
  };
  const exchange = new Exchange('1', request as never, response as never, settings);
  return { response, answered: answer(exchange, route, images) };
}

describe('a blob of a folder', () => {
  it('is closed when its client leaves', async () => {
    let closed = false;
    async function* read() {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    const { response, answered } = ask(read(), 1000);
    await expect.poll(() => response.taken).toBe(10);
    response.emit('close');
    await expect(answered).rejects.toThrow(TransferBroken);
    expect([closed, response.taken]).toEqual([true, 10]);
  });

  it('is cut off when it is shorter than its size', async () => {
    async function* read() {}
    await expect(ask(read(), 1000).answered).rejects.toThrow('shorter');
  });
});
