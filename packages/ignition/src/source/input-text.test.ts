import { describe, expect, it } from 'vitest';
import { inputText, MAX_INPUT_BYTES } from './input-text.js';

describe('inputText', () => {
  it('takes UTF-8 with and without a byte order mark', () => {
    expect(inputText(Buffer.from('\ufeffvariant: fcos'))).toBe('variant: fcos');
    expect(inputText('\ufeffä')).toBe('ä');
    expect(inputText(Buffer.from('a\ufffdb'))).toBe('a\ufffdb');
  });

  it.each([
    ['UTF-16, little-endian', Buffer.from('\ufeffa: b', 'utf16le'), 'the text is UTF-16; save it as UTF-8', 1, 1],
    ['UTF-16, big-endian', Buffer.from([0xfe, 0xff, 0, 0x61]), 'the text is UTF-16; save it as UTF-8', 1, 1],
    ['Latin 1', Buffer.from('a: 1\nb: \u00e4', 'latin1'), 'the text is not UTF-8', 2, 4],
  ])('refuses %s', (_, bytes, message, line, column) => {
    expect(() => inputText(bytes)).toThrow(
      expect.objectContaining({ code: 'input-encoding', message, position: { line, column } }) as Error,
    );
  });

  it('refuses what is too large without looking at it', () => {
    const bytes = Buffer.alloc(50 * 1024 * 1024);
    expect(bytes.length).toBeGreaterThan(MAX_INPUT_BYTES);
    expect(() => inputText(bytes)).toThrow(expect.objectContaining({ code: 'input-too-large' }) as Error);
  });
});
