import { ConnectionError } from './connection-error.js';
import type { Answer, Method, Request, Transport } from './transport.js';

/** A request as libraries of Amazon give it to what sends it. */
interface SdkRequest extends Pick<Request, 'headers' | 'body'> {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string | string[] | null>;
}

interface SdkResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Answer['body'];
}

/** Marks for the library what is worth another attempt. */
const AGAIN = { $retryable: { throttling: false } };
const NEVER = new AbortController().signal;

/** Sends a library's requests as all others are sent: through proxies, and with the same bounds of time. */
export function sdkHandler(transport: Transport, access: Pick<Request, 'insecure' | 'trust'>) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: SdkRequest, { abortSignal: signal = NEVER }: { abortSignal?: AbortSignal } = {}) {
      const { method, headers, body } = request;
      const sent = { url: urlOf(request), method: method as Method, headers, signal, ...access };
      try {
        return { response: responseOf(await transport.send(body === undefined ? sent : { ...sent, body })) };
      } catch (error) {
        const mayPass = error instanceof ConnectionError && (error.code === 'BROKEN' || error.code === 'TIMEOUT');
        throw mayPass ? Object.assign(error, AGAIN) : error;
      }
    },
    destroy: () => void transport.close(),
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): URL {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === null ? escaped(name) : [value].flat().map((one) => `${escaped(name)}=${escaped(one)}`),
  );
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`);
}

/** As it is signed: all but the letters, digits and `-._~` of RFC 3986. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function responseOf({ statusCode, headers, body }: Answer): SdkResponse {
  const flat = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, [value].flat().join(', ')]],
  );
  // Who reads it hears of errors; a body that nobody wants is destroyed, which is none.
  body.on('error', () => undefined);
  return { statusCode, headers: Object.fromEntries(flat), body };
}
