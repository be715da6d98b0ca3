import { UnreachableError } from './transport.js';

/** An answer of an API server that nobody should send. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly code = 'KUBE_RESPONSE';
}

/** The text of a body. Errors: {@link ResponseError} when it is longer than `maxBytes`, {@link UnreachableError}. */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of wrapErrors(body)) {
    size += chunk.length;
    if (size > maxBytes) throw new ResponseError(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The lines of a body, without the empty ones. What stands behind the last line break is cut off and left out. Errors:
 * {@link ResponseError} for a line longer than `maxBytes`, {@link UnreachableError}.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, void, void> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of wrapErrors(body)) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]);
      if (line.length > maxBytes) throw new ResponseError(`a line of the answer is longer than ${maxBytes} bytes`);
      pending = [];
      size = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw new ResponseError(`a line of the answer is longer than ${maxBytes} bytes`);
  }
}

async function* wrapErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw new UnreachableError('the connection to the API server broke off', { cause: error });
  }
}
