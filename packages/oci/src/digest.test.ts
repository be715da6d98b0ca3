import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestAlgorithm, DigestError, digestHex, digestOf, isDigest, makeDigest, parseDigest } from './digest.js';

const HEX64 = 'a1'.repeat(32);
const HEX128 = '0f'.repeat(64);
const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function failure(text: string): DigestError {
  try {
    parseDigest(text);
  } catch (error) {
    if (error instanceof DigestError) return error;
    throw error;
  }
  throw new Error(`accepted ${text}`);
}

describe('parseDigest', () => {
  it.each([`sha256:${HEX64}`, `sha512:${HEX128}`, EMPTY])('takes %s', (text) => {
    expect(parseDigest(text)).toBe(text);
    expect(isDigest(text)).toBe(true);
  });

  it.each([
    ['', 'invalid checksum digest format'],
    ['sha256', 'invalid checksum digest format'],
    ['sha256:', 'invalid checksum digest format'],
    [`:${HEX64}`, 'invalid checksum digest format'],
    [`sha256:${HEX64.toUpperCase()}`, 'invalid checksum digest format'],
    [`sha256:${'g'.repeat(64)}`, 'invalid checksum digest format'],
    [`sha256:${HEX64.slice(1)}\n`, 'invalid checksum digest format'],
    [`SHA256:${HEX64}`, 'invalid checksum digest format'],
    [`sha256+:${HEX64}`, 'invalid checksum digest format'],
    [`foo:bar baz`, 'invalid checksum digest format'],
    [`${'a'.repeat(65)}:${HEX64}`, 'invalid checksum digest format'],
    ['sha256:abc', 'invalid checksum digest length'],
    [`sha256:${HEX64}0`, 'invalid checksum digest length'],
    [`sha256:${HEX64}\n`, 'invalid checksum digest length'],
    [`sha512:${HEX64}`, 'invalid checksum digest length'],
    [`sha384:${'a'.repeat(96)}`, 'unsupported digest algorithm'],
    ['multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8', 'unsupported digest algorithm'],
    ['constructor:abc', 'unsupported digest algorithm'],
  ])('refuses %j: %s', (text, reason) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'DIGEST_INVALID', reason, name: 'DigestError' });
    expect(error.message).toContain(reason);
    expect(isDigest(text)).toBe(false);
  });

  it('does not repeat long or unprintable input in its message', () => {
    const { message } = failure(`\u0000\n${'x'.repeat(10_000)}`);
    expect(message.length).toBeLessThan(400);
    expect(message).toMatch(/^[\x20-\x7e…]+$/);
  });

  it('throws nothing but DigestError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => `sha256:${tail}`),
        ),
        (text) => {
          if (isDigest(text)) expect(parseDigest(text)).toBe(text);
          else expect(failure(text).code).toBe('DIGEST_INVALID');
        },
      ),
    );
  });
});

describe('the parts of a digest', () => {
  it('are the algorithm and the hexadecimal digits', () => {
    const digest = makeDigest('sha512', HEX128);
    expect(digestAlgorithm(digest)).toBe('sha512');
    expect(digestHex(digest)).toBe(HEX128);
  });

  it('are checked when they are joined', () => {
    expect(() => makeDigest('sha256', HEX128)).toThrow(DigestError);
  });
});

describe('digestOf', () => {
  it.each([
    ['sha256', EMPTY],
    [
      'sha512',
      'sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce' +
        '47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    ],
  ] as const)('hashes no bytes with %s', (algorithm, expected) => {
    expect(digestOf(new Uint8Array(), algorithm)).toBe(expected);
  });

  it('uses sha256 unless told otherwise', () => {
    expect(digestOf(new Uint8Array())).toBe(EMPTY);
  });

  it('makes digests that parseDigest takes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256' as const, 'sha512' as const), (bytes, algorithm) => {
        const digest = parseDigest(digestOf(bytes, algorithm));
        expect(makeDigest(digestAlgorithm(digest), digestHex(digest))).toBe(digest);
      }),
    );
  });
});
