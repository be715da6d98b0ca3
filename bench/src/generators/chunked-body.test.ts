import { describe, expect, it } from 'vitest';
import { ChunkedBody } from './chunked-body.js';

const BODY = Buffer.from('5\r\nhello\r\n1;name=value\r\n!\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n');

describe('ChunkedBody', () => {
  it.each([1, 2, 3, 7, BODY.length])('ends where the body does, in pieces of %i bytes', (size) => {
    const body = new ChunkedBody();
    for (let at = 0; at < BODY.length; at += size) {
      expect(body.done).toBe(false);
      body.take(BODY.subarray(at, at + size));
    }
    expect([body.done, body.bytes]).toEqual([true, 22]);
  });

  it('may be empty', () => {
    const body = new ChunkedBody();
    body.take(Buffer.from('0\r\n\r\n'));
    expect([body.done, body.bytes]).toEqual([true, 0]);
  });

  it('fails without a size', () => {
    expect(() => new ChunkedBody().take(Buffer.from('no\r\n'))).toThrow('without a size');
  });
});
