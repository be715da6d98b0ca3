import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatByteSize, parseByteSize } from './byte-size.js';

describe('parseByteSize', () => {
  it.each([
    ['0', 0],
    ['4194304', 4_194_304],
    ['4MiB', 4_194_304],
    ['4 MiB', 4_194_304],
    ['4Mi', 4_194_304],
    ['4M', 4_194_304],
    ['4MB', 4_000_000],
    ['1.5KiB', 1536],
    ['7B', 7],
    ['1GB', 1e9],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '-1', '1.5', '1TB', '4mib', '0x10', '1e3', '4iB', '1.2345MiB', '9'.repeat(16)])(
    'refuses %j',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );

  it('reads back what formatByteSize writes', () => {
    fc.assert(fc.property(fc.nat(), (bytes) => parseByteSize(formatByteSize(bytes)) === bytes));
    expect(formatByteSize(64 * 1024 * 1024)).toBe('64MiB');
  });
});
