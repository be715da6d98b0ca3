import type { Dispatcher } from 'undici';

export interface HttpOptions {
  signal: AbortSignal;
  /** Through what requests go. Default: the proxies of the environment. */
  dispatcher?: Dispatcher | undefined;
}

/** A server answered with an error. `status` is undefined when it did not answer. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code = 'HTTP_FAILED';

  constructor(
    message: string,
    readonly status: number | undefined,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

const TIMEOUT_MS = 60_000;
let environment: Dispatcher | undefined;

/** The body of an answer with status 200. Errors: HttpError, also for a body that is too large; the signal's reason. */
export async function fetchBytes(
  url: string,
  { signal, dispatcher, maxBytes, headers = {} }: HttpOptions & { maxBytes: number; headers?: Record<string, string> },
): Promise<Uint8Array> {
  const { origin, pathname } = new URL(url);
  // Queries may hold what is secret.
  const shown = `${origin}${pathname}`;
  // Only those who fetch something wait for all of it.
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  environment ??= new EnvHttpProxyAgent();
  try {
    const answer = await fetch(url, {
      headers,
      dispatcher: dispatcher ?? environment,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > maxBytes) throw new HttpError(`${shown}: the answer has more than ${maxBytes} bytes`, answer.status);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    if (answer.status === 200) return body;
    throw new HttpError(`${shown}: the server answered ${answer.status}`, answer.status);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HttpError) throw error;
    const { cause } = error as Error;
    const why = cause instanceof Error ? cause.message : (error as Error).message;
    throw new HttpError(`${shown}: ${why}`, undefined, { cause: error });
  }
}
