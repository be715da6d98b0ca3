import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';

/** Where a server is, and how to speak to it. */
export interface Target {
  /** Scheme, host and port, without a slash at the end. */
  url: string;
  /** The PEM text of the certificate authority to trust. */
  ca?: string;
  /** Sent as Basic authentication. */
  user?: UserPassword;
  /** Keeps connections open between requests; without, each request has its own. */
  agent?: http.Agent;
}

export interface UserPassword {
  name: string;
  password: string;
}

export interface RequestOptions extends Omit<Target, 'url'> {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array | NodeJS.ReadableStream;
  /** Milliseconds without any traffic after which the request fails. Default 60 000. */
  timeout?: number;
}

export interface HttpResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** A request that got no complete answer. `received` is what came of the body. */
export class RequestError extends Error {
  readonly code = 'REQUEST_FAILED';
  constructor(
    what: string,
    readonly received: Buffer,
    cause: unknown,
  ) {
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'RequestError';
  }
}

const URL_PARTS = /^(https?):\/\/(\[[0-9a-fA-F:]+\]|[^:/?#]+)(?::(\d{1,5}))?(\/.*)?$/s;

/**
 * Sends one request and reads the whole answer. Redirects are not followed, errors of the server are answers, and the
 * path goes out exactly as it stands in `url`: nothing is normalised, encoded or decoded.
 * Errors: RequestError when the connection fails or ends before the answer is complete.
 */
export async function request(url: string, options: RequestOptions = {}): Promise<HttpResponse> {
  const [, scheme, host, port, path] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined || host === undefined) {
    throw new RequestError(url, Buffer.alloc(0), 'not an http or https URL');
  }
  const method = options.method ?? 'GET';
  const send = scheme === 'https' ? https.request : http.request;
  const outgoing = send({
    host: host.replace(/^\[|\]$/g, ''),
    port: port ?? (scheme === 'https' ? 443 : 80),
    path: path ?? '/',
    method,
    headers: { ...authorization(options.user), ...bodyLength(options.body), ...options.headers },
    agent: options.agent ?? false,
    ca: options.ca,
    timeout: options.timeout ?? 60_000,
  });
  return exchange(outgoing, options.body, `${method} ${url}`);
}

function exchange(outgoing: http.ClientRequest, body: RequestOptions['body'], what: string): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const fail = (cause: unknown) => reject(new RequestError(what, Buffer.concat(chunks), cause));
    outgoing.once('timeout', () => outgoing.destroy(new Error('no traffic for too long')));
    outgoing.on('error', fail);
    outgoing.once('response', (incoming) => {
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', fail);
      incoming.once('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      outgoing.end(body);
    } else {
      body.on('error', (cause: Error) => outgoing.destroy(cause));
      body.pipe(outgoing);
    }
  });
}

function authorization(user: UserPassword | undefined): Record<string, string> {
  return user === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}` };
}

function bodyLength(body: RequestOptions['body']): Record<string, string> {
  if (typeof body === 'string') {
    return { 'content-length': String(Buffer.byteLength(body)) };
  }
  return body instanceof Uint8Array ? { 'content-length': String(body.byteLength) } : {};
}

/** Sends a request to a path (with query) of a server, with the server's authority, user and connections. */
export function requestTo(target: Target, path: string, options: RequestOptions = {}): Promise<HttpResponse> {
  const { url, ca, user, agent } = target;
  return request(`${url}${path}`, { ca, user, agent, ...options });
}

/** Parses the body of an answer as JSON. Errors: SyntaxError, with the status and the beginning of the body. */
export function jsonOf(response: HttpResponse): unknown {
  const text = response.body.toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`answer ${response.status} is no JSON: ${text.slice(0, 200)}`, { cause });
  }
}

/** The codes in an error body of the registry API; empty when the body is none. */
export function errorCodesOf(response: HttpResponse): string[] {
  const body = jsonOf(response);
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) {
    return [];
  }
  return body.errors.map((error: unknown) =>
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '',
  );
}

/** Makes connections that are kept open between requests, at most `connections` at a time. */
export function keepAliveAgent(url: string, connections: number): http.Agent {
  const options = { keepAlive: true, maxSockets: connections };
  return url.startsWith('https:') ? new https.Agent(options) : new http.Agent(options);
}

/** Reads the PEM text of an authority for `Target.ca`. */
export function readAuthority(path: string): Promise<string> {
  return readFile(path, 'utf8');
}
