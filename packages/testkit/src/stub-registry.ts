import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles } from './certificates.js';
import type { GeneratedManifest } from './content.js';
import type { UserPassword } from './http.js';

/** A request that a stub has seen. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Of a POST. */
  body: string;
}

/** Answers a request in place of the stub and returns true, or leaves it to the stub. `count` counts all requests from 1. */
export type Intercept = (seen: SeenRequest, response: ServerResponse, count: number) => boolean;

export interface StubRegistryOptions {
  tls?: CertificateFiles;
  /** Default: a free one. */
  port?: number;
  /** Asks for a Bearer token, to be had at `/token`. Without `users`, everybody gets one. */
  tokens?: {
    /** Each with the repositories that it may pull; without, all. */
    users?: (UserPassword & { repositories?: string[] })[];
    /** Refresh tokens for POST. */
    identityTokens?: string[];
    /** Seconds. Default 300. */
    lifetime?: number;
    /** Another address of the token endpoint. */
    realm?: string;
  };
  intercept?: Intercept;
}

/**
 * A registry of a few lines in this process, to be told how to misbehave: it serves what was published, remembers what it
 * was asked, and lets a test answer in its place.
 */
export class StubRegistry {
  readonly requests: SeenRequest[] = [];
  intercept?: Intercept;
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, GeneratedManifest>();
  readonly #tags = new Map<string, Set<string>>();
  readonly #issued = new Map<string, string>();
  readonly #server: Server;

  private constructor(readonly options: StubRegistryOptions) {
    if (options.intercept) this.intercept = options.intercept;
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    };
    const { tls } = options;
    this.#server = tls
      ? createTlsServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, answer)
      : createServer(answer);
  }

  /** Starts one on the loopback address. */
  static async start(options: StubRegistryOptions = {}): Promise<StubRegistry> {
    const stub = new StubRegistry(options);
    await new Promise<void>((resolve) => stub.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return stub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:port`, as in pull specs. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.options.tls ? 'https' : 'http'}://${this.host}`;
  }

  /** Serves an image with all that belongs to it, under a tag or by digest alone. */
  publish(repository: string, image: GeneratedManifest, tag?: string): void {
    for (const { descriptor, bytes } of image.blobs) this.#blobs.set(`${repository} ${descriptor.digest}`, bytes);
    for (const child of image.children) this.publish(repository, child);
    this.#manifests.set(`${repository} ${image.descriptor.digest}`, image);
    const tags = this.#tags.get(repository) ?? new Set();
    this.#tags.set(repository, tags);
    if (tag === undefined) return;
    this.#manifests.set(`${repository} ${tag}`, image);
    tags.add(tag);
  }

  /** The paths that were asked for with a method, without `/v2/` itself and tokens. */
  asked(method: string): string[] {
    const seen = this.requests.filter((one) => one.method === method && /^\/v2\/./.test(one.path));
    return seen.map(({ path }) => path);
  }

  /** Makes all tokens invalid that were given so far. */
  revokeTokens(): void {
    this.#issued.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const seen = { method, path, headers, body: '' };
    for await (const chunk of request) seen.body += String(chunk);
    this.requests.push(seen);
    if (this.intercept?.(seen, response, this.requests.length) === true) return;
    const { pathname, searchParams } = new URL(path, this.url);
    if (pathname === '/token') return this.#giveToken(seen, searchParams, response);
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(pathname) ?? [];
    if (!this.#mayPull(headers.authorization, repository)) return this.#challenge(response);
    if (pathname === '/v2/') return send(response, 200, {}, '{}');
    if (kind === 'tags') return this.#sendTags(repository, searchParams, response);
    if (kind === 'manifests') return this.#sendManifest(repository, reference, seen, response);
    const blob = this.#blobs.get(`${repository} ${reference}`);
    if (blob === undefined) return sendError(response, 404, 'BLOB_UNKNOWN');
    return sendRange(response, seen, blob, { 'docker-content-digest': reference });
  }

  #sendManifest(repository: string, reference: string, seen: SeenRequest, response: ServerResponse): void {
    const manifest = this.#manifests.get(`${repository} ${reference}`);
    if (manifest === undefined) return sendError(response, 404, 'MANIFEST_UNKNOWN');
    const { digest, mediaType } = manifest.descriptor;
    const headers = { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
    if (seen.headers['if-none-match'] === headers.etag) return send(response, 304, headers, '');
    send(response, 200, headers, seen.method === 'HEAD' ? undefined : manifest.bytes, manifest.bytes.byteLength);
  }

  #sendTags(repository: string, query: URLSearchParams, response: ServerResponse): void {
    const tags = this.#tags.get(repository);
    if (tags === undefined) return sendError(response, 404, 'NAME_UNKNOWN');
    const rest = [...tags].sort().filter((tag) => tag > (query.get('last') ?? ''));
    const page = rest.slice(0, Number(query.get('n') ?? rest.length));
    const next = `/v2/${repository}/tags/list?last=${page.at(-1) ?? ''}&n=${page.length}`;
    const link: Record<string, string> = page.length < rest.length ? { link: `<${next}>; rel="next"` } : {};
    send(
      response,
      200,
      { 'content-type': 'application/json', ...link },
      JSON.stringify({ name: repository, tags: page }),
    );
  }

  #challenge(response: ServerResponse): void {
    const realm = this.options.tokens?.realm ?? `${this.url}/token`;
    sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': `Bearer realm="${realm}",service="stub"` });
  }

  #mayPull(authorization: string | undefined, repository: string): boolean {
    if (this.options.tokens === undefined) return true;
    const granted = this.#issued.get(authorization ?? '');
    return granted?.split(' ').includes(`repository:${repository}:pull`) ?? false;
  }

  #giveToken({ method, headers, body }: SeenRequest, query: URLSearchParams, response: ServerResponse): void {
    const { users, identityTokens = [], lifetime = 300 } = this.options.tokens ?? {};
    const form = new URLSearchParams(body);
    const asked = method === 'POST' ? [form.get('scope') ?? ''] : query.getAll('scope');
    const [name, password] = Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64')
      .toString()
      .split(':');
    const user = users?.find((one) => one.name === name && one.password === password);
    const isKnown = method === 'POST' ? identityTokens.includes(form.get('refresh_token') ?? '') : user !== undefined;
    if (users !== undefined && !isKnown && headers.authorization !== undefined)
      return sendError(response, 401, 'UNAUTHORIZED');
    if (method === 'POST' && !isKnown) return sendError(response, 400, 'UNAUTHORIZED');
    const allowed = asked.filter((scope) => {
      const repository = scope.split(':')[1] ?? '';
      return users === undefined || (isKnown && (user?.repositories?.includes(repository) ?? true));
    });
    const token = randomBytes(16).toString('hex');
    this.#issued.set(`Bearer ${token}`, allowed.join(' '));
    send(response, 200, { 'content-type': 'application/json' }, JSON.stringify({ token, expires_in: lifetime }));
  }
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer | undefined,
  length = Buffer.byteLength(body ?? ''),
): void {
  const size = status === 304 ? {} : { 'content-length': String(length) };
  response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0', ...headers, ...size });
  response.end(body);
}

function sendError(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  const body = JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] });
  send(response, status, { 'content-type': 'application/json', ...headers }, body);
}

/** Answers with a blob or, to `Range: bytes=N-`, with its rest. */
export function sendRange(
  response: ServerResponse,
  seen: Pick<SeenRequest, 'method' | 'headers'>,
  blob: Buffer,
  headers: Record<string, string> = {},
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(seen.headers.range ?? '')?.[1] ?? 0);
  const all = { etag: `"${createHash('sha256').update(blob).digest('hex')}"`, ...headers };
  const size = blob.byteLength;
  if (start > 0 && start >= size) return send(response, 416, { 'content-range': `bytes */${size}` }, '');
  const rest = blob.subarray(start);
  const body = seen.method === 'HEAD' ? undefined : rest;
  if (start === 0) return send(response, 200, all, body, size);
  send(response, 206, { ...all, 'content-range': `bytes ${start}-${size - 1}/${size}` }, body, rest.byteLength);
}
