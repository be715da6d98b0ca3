import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { passwordFrom } from './password.js';

const piped = (...chunks: string[]) => passwordFrom(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

describe('passwordFrom', () => {
  it.each([
    ['without a line feed', ['secret'], 'secret'],
    ['with a line feed', ['secret\n'], 'secret'],
    ["with Windows' line end", ['secret\r\n'], 'secret'],
    ['in pieces', ['se', 'cret', '\n'], 'secret'],
    ['with spaces around it', ['  secret \n'], '  secret '],
    ['with line feeds in it', ['a\nb\n\n'], 'a\nb\n'],
  ])('takes a password %s', async (_, chunks, password) => {
    expect(await piped(...chunks)).toBe(password);
  });

  it.each([
    ['nothing', [], 'the password is empty'],
    ['an empty line', ['\n'], 'the password is empty'],
    ['a file given by mistake', ['x'.repeat(4000), 'x'.repeat(4000)], 'the password is longer than 4096 characters'],
  ])('refuses %s', async (_, chunks, message) => {
    await expect(piped(...chunks)).rejects.toThrow(message);
  });
});
