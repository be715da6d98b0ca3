import { LineIndex } from './line-index.js';
import type { Position } from './diagnostic.js';

/** Far above any config that fits a boot partition or an API object (a MachineConfig is bounded by etcd at 1.5 MiB). */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** A text cannot be read at all; nothing was looked at behind the position. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(
    readonly code: 'input-too-large' | 'input-encoding' | 'yaml-syntax' | 'yaml-excessive-aliasing' | 'json-syntax',
    message: string,
    readonly position?: Position,
  ) {
    super(message);
  }
}

/**
 * The text of a file: UTF-8, without its byte order mark. Throws {@link InputError} when it is longer than
 * {@link MAX_INPUT_BYTES}, or in another encoding.
 */
export function inputText(input: string | Uint8Array): string {
  const size = typeof input === 'string' ? input.length : input.byteLength;
  if (size > MAX_INPUT_BYTES) {
    throw new InputError(
      'input-too-large',
      `the text has more than ${MAX_INPUT_BYTES} bytes; put large contents into files of their own`,
    );
  }
  const text = typeof input === 'string' ? input : decode(input);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new InputError('input-encoding', 'the text is UTF-16; save it as UTF-8', { line: 1, column: 1 });
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const bad = text.indexOf('\ufffd');
  if (bad === -1) return text;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text;
  } catch {
    // A replacement character may also stand in the text itself, before the bad byte; then the place is a little early.
    throw new InputError('input-encoding', 'the text is not UTF-8', new LineIndex(text).position(bad));
  }
}
