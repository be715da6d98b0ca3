/** The largest file that is read; more is refused before it is parsed. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** A file that is no text that can be read: too large, or in another encoding than UTF-8. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError';
  readonly code = 'TEXT_FILE';
}

/**
 * The text of a file's bytes, without a byte order mark.
 * @throws TextFileError when it is too large or not UTF-8
 */
export function decodeTextFile(bytes: Uint8Array): string {
  if (bytes.length > MAX_FILE_BYTES) throw new TextFileError(tooLarge(bytes.length));
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new TextFileError('the file is in UTF-16; save it as UTF-8');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const zero = text.indexOf('\0');
    if (zero !== -1) throw new TextFileError(`the file has a zero byte in line ${lineOf(text, zero)}; it is no text`);
    return text;
  } catch (error) {
    if (error instanceof TextFileError) throw error;
    throw new TextFileError(`the file is not UTF-8 in line ${firstBadLine(bytes)}; save it as UTF-8`);
  }
}

/** Says that a file of so many bytes is not read. */
export function tooLarge(bytes: number): string {
  const mib = (n: number) => `${Math.ceil(n / 1024 / 1024)} MiB`;
  return `the file has ${mib(bytes)}; at most ${mib(MAX_FILE_BYTES)} are read`;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Each line ends in a byte that is a line feed in UTF-8 only, so lines can be decoded one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(0x0a, start);
    const end = next === -1 ? bytes.length : next + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}
