import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { ImageError } from './image-error.js';

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** A block of four bytes may become 128 KiB, so this much input is at most 8 MiB of output at once. */
const ZSTD_SLICE = 256;

/**
 * The bytes of an archive that is packed with gzip, with zstd or not at all: what it is, its first bytes tell, as media types lie.
 * Errors: ImageError INVALID for a packing that is broken, those of the input.
 */
export async function* decompress(
  input: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = input[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  for (let length = 0; length < ZSTD.length;) {
    const next = await chunks.next();
    if (next.done === true) break;
    head.push(next.value);
    length += next.value.byteLength;
  }
  const start = Buffer.concat(head);
  const whole = joined(start, chunks);
  if (isGzip(start)) yield* gunzip(whole, name);
  else if (starts(start, ZSTD)) yield* unzstd(whole, name);
  else yield* whole;
}

/** Whether bytes begin as those that were packed with gzip. */
export function isGzip(start: Buffer): boolean {
  return starts(start, GZIP);
}

function starts(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

async function* joined(
  start: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (start.byteLength > 0) yield start;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzip(input: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(input, { objectMode: false });
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  try {
    yield* source.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') ? broken(name, error) : error;
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

async function* unzstd(input: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  let ready: Uint8Array[] = [];
  const unpacker = new Decompress((chunk) => ready.push(chunk.slice()));
  const push = (bytes: Uint8Array, isLast: boolean) => {
    ready = [];
    try {
      unpacker.push(bytes, isLast);
    } catch (error) {
      throw broken(name, error);
    }
    return ready;
  };
  for await (const chunk of input) {
    for (let at = 0; at < chunk.byteLength; at += ZSTD_SLICE) yield* push(chunk.slice(at, at + ZSTD_SLICE), false);
  }
  yield* push(new Uint8Array(0), true);
}

function broken(name: string, cause: unknown): ImageError {
  return new ImageError('INVALID', `${name}: the archive cannot be unpacked: ${(cause as Error).message}`, { cause });
}
