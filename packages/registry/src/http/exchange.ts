import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody, type RegistryError } from '@longshore/oci';
import type { Subject } from '../access/index.js';
import { BodyAborted } from '../uploads/receive.js';
import { originOf } from './origin.js';

/** Header names and values in turn, as `writeHead` takes them fastest. */
export type RawHeaders = (string | number)[];

/** Node sends head and body by one system call when both are strings; beyond this size the copy costs more. */
const ONE_WRITE_BYTES = 8192;

export interface ExchangeSettings {
  /** Sent with every answer. */
  headers: RawHeaders;
  host: string | undefined;
  relativeUrls: boolean;
  /** `/`, or a prefix with slashes at both ends. */
  prefix: string;
}

/** One request and its answer. */
export class Exchange {
  readonly startedAt = performance.now();
  /** `address:port` of the client; asked now, as a closed socket no longer knows. */
  readonly remoteAddress: string | undefined;
  /** Seconds until the head of the answer was written. */
  headerSeconds: number | undefined;
  subject: Subject | undefined;
  /** Why the answer is an error. */
  error: RegistryError | undefined;
  /** Values of the `WWW-Authenticate` headers of an error. */
  challenges: readonly string[] = [];
  /** Body bytes that the answer announces; for the log and the metrics. */
  bodyBytes = 0;
  contentType: string | undefined;
  private parameters: URLSearchParams | undefined;
  private gone: AbortController | undefined;

  constructor(
    readonly id: string,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly settings: ExchangeSettings,
  ) {
    const { remoteAddress, remotePort } = request.socket;
    this.remoteAddress = remoteAddress === undefined ? undefined : `${remoteAddress}:${remotePort}`;
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  get url(): string {
    return this.request.url ?? '/';
  }

  get query(): URLSearchParams {
    const url = this.url;
    const mark = url.indexOf('?');
    this.parameters ??= new URLSearchParams(mark < 0 ? '' : url.slice(mark));
    return this.parameters;
  }

  /** A request header; several of one name are joined as Node does. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Aborts when the connection is over before the answer. */
  get signal(): AbortSignal {
    if (!this.gone) {
      const gone = new AbortController();
      this.gone = gone;
      const leave = () => gone.abort(new BodyAborted('the client closed the connection'));
      if (this.response.destroyed) leave();
      else this.response.once('close', leave);
    }
    return this.gone.signal;
  }

  /** The registry's own URL as the client sees it. */
  get origin(): string | undefined {
    return originOf(this.request, this.settings.host);
  }

  /** A path of ours (`/v2/…`) as it goes into a Location: absolute where possible, unless relative URLs are asked for. */
  location(path: string): string {
    const prefixed = `${this.settings.prefix.slice(0, -1)}${path}`;
    return this.settings.relativeUrls ? prefixed : `${this.origin ?? ''}${prefixed}`;
  }

  /** Begins an answer whose body of `bytes` bytes follows. */
  begin(status: number, headers: RawHeaders, bytes: number): void {
    this.bodyBytes = bytes;
    const type = headers.indexOf('Content-Type');
    this.contentType = type < 0 ? undefined : String(headers[type + 1]);
    this.writeHead(status, [...headers, 'Content-Length', bytes]);
  }

  /** Sends a whole answer; the body is left out for HEAD. */
  send(status: number, headers: RawHeaders = [], body: Buffer | string = ''): void {
    if (status === 204 || status === 304) {
      this.writeHead(status, headers);
      this.response.end();
      return;
    }
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (this.method === 'HEAD') return this.sendHead(status, headers, bytes);
    this.begin(status, headers, bytes);
    if (typeof body === 'string' || bytes > ONE_WRITE_BYTES) {
      this.response.end(body);
    } else {
      this.response.end(body.toString('latin1'), 'latin1');
    }
  }

  /** Sends what a GET would, without the body of `bytes` bytes. */
  sendHead(status: number, headers: RawHeaders, bytes: number): void {
    this.begin(status, headers, bytes);
    this.bodyBytes = 0;
    this.response.end();
  }

  sendJson(status: number, value: unknown, headers: RawHeaders = []): void {
    this.send(status, ['Content-Type', 'application/json', ...headers], JSON.stringify(value));
  }

  /** Answers with an error, or cuts the connection when an answer has begun. */
  fail(error: RegistryError): void {
    this.error = error;
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const own = Object.entries(error.headers ?? {}).flat();
    const challenges = this.challenges.flatMap((challenge) => ['WWW-Authenticate', challenge]);
    this.sendJson(error.status, errorBody([error]), ['X-Request-Id', this.id, ...own, ...challenges]);
  }

  private writeHead(status: number, headers: RawHeaders): void {
    this.headerSeconds = (performance.now() - this.startedAt) / 1000;
    this.response.writeHead(status, [...this.settings.headers, ...headers] as never);
  }
}
