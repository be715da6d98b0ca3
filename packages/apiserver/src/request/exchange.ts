import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ApiError, badRequest, internalError, type Status } from '@longshore/kube';
import { stringify } from 'yaml';
import { ANONYMOUS, type UserInfo } from '../access/access.js';
import { StoreError } from '../store/store.js';
import { JSON_OBJECTS, negotiate, parseAccept, type Wanted } from './media-type.js';
import { parseRequestInfo, type RequestInfo } from './request-info.js';

/** Smaller answers are not worth the time (kube-apiserver's threshold). */
export const GZIP_BYTES = 128 * 1024;
/** Node sends head and body by one system call when both are strings; beyond this size the copy costs more. */
const ONE_WRITE_BYTES = 8192;
/** Of all warnings of an answer together. */
const MAX_WARNING_LENGTH = 4096;
const MAX_AUDIT_ID = 64;
const AUDIT_ID = /^[A-Za-z0-9-]+$/;

const compress = promisify(gzip);

/** Header names and values in turn. */
type RawHeaders = (string | number)[];

/** One request and its answer. */
export class Exchange {
  readonly receivedAt = new Date();
  readonly auditId: string;
  readonly query: URLSearchParams;
  readonly info: RequestInfo;
  /** Whose rights count. */
  user: UserInfo = ANONYMOUS;
  /** Who asks to be somebody else. */
  impersonator: UserInfo | undefined;
  /** What the authorizer said; undefined while it has not been asked. */
  isAllowed: boolean | undefined;
  /** Asked at the beginning, as a closed socket no longer knows. */
  readonly remoteAddress: string;
  /** What the answer says when it is an error. */
  error: Status | undefined;
  private readonly warnings = new Set<string>();
  private warningLength = 0;
  private readonly abort = new AbortController();

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    const { url = '/', method = 'GET', headers } = request;
    const given = headers['audit-id'];
    const isUsable = typeof given === 'string' && given.length <= MAX_AUDIT_ID && AUDIT_ID.test(given);
    this.auditId = isUsable ? given : randomUUID();
    const mark = url.indexOf('?');
    this.query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    const info = parseRequestInfo(method, mark < 0 ? url : url.slice(0, mark), this.query);
    if (info === undefined) throw badRequest('the path cannot be decoded');
    this.info = info;
    this.remoteAddress = request.socket.remoteAddress ?? '';
    // A connection that breaks is told by the end of it, too.
    response.on('error', () => undefined);
    response.on('close', () => {
      if (!response.writableFinished) this.abort.abort(new Error('the client closed the connection'));
    });
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /** Aborts when the client leaves, and when the time of the request is over. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  cancel(reason: Error): void {
    this.abort.abort(reason);
  }

  /** A request header; several of one name are joined as Node does. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Tells the client something beside the answer (RFC 7234, Warning). */
  warn(text: string): void {
    const clean = text.replace(/\p{Cc}/gu, ' ').replace(/["\\]/g, '\\$&');
    if (this.warningLength + clean.length > MAX_WARNING_LENGTH) return;
    this.warnings.add(clean);
    this.warningLength += clean.length;
  }

  /** Headers that each answer has. */
  headers(contentType: string): RawHeaders {
    const headers: RawHeaders = [
      'Audit-Id',
      this.auditId,
      'Cache-Control',
      'no-cache, private',
      'Content-Type',
      contentType,
    ];
    for (const text of this.warnings) headers.push('Warning', `299 - "${encodeLatin1(text)}"`);
    return headers;
  }

  get wantsGzip(): boolean {
    const accepted = this.header('accept-encoding');
    return (
      accepted !== undefined && accepted.includes('gzip') && parseAccept(accepted).some(({ type }) => type === 'gzip')
    );
  }

  /** Answers with a body that is already encoded. */
  async send(status: number, contentType: string, body: Buffer | string, more: RawHeaders = []): Promise<void> {
    // The time was over before the answer was there: that has been told.
    if (this.response.headersSent) return;
    const headers = this.headers(contentType);
    headers.push(...more);
    let bytes = body;
    if (body.length > GZIP_BYTES && this.wantsGzip) {
      bytes = await compress(body, { level: 1 });
      headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
    }
    headers.push('Content-Length', typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length);
    this.response.writeHead(status, headers);
    if (this.method === 'HEAD') this.response.end();
    else if (typeof bytes === 'string' || bytes.length > ONE_WRITE_BYTES) this.response.end(bytes);
    else this.response.end(bytes.toString('latin1'), 'latin1');
  }

  /** Answers with JSON text, as YAML or indented where the client wants it so. */
  sendJson(status: number, json: Buffer | string, wanted: Wanted, more: RawHeaders = []): Promise<void> {
    if (wanted.encoding === 'yaml') {
      return this.send(status, 'application/yaml', stringify(JSON.parse(json.toString()), { lineWidth: 0 }), more);
    }
    const body = this.isForPeople ? `${JSON.stringify(JSON.parse(json.toString()), null, 2)}\n` : json;
    return this.send(status, 'application/json', body, more);
  }

  /** Whether somebody looks at the answer with his own eyes: `pretty=1`, and what Kubernetes takes for it by itself. */
  private get isForPeople(): boolean {
    const pretty = this.query.get('pretty');
    if (pretty) return pretty === '1' || pretty.toLowerCase() === 'true';
    const agent = this.header('user-agent') ?? '';
    return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0');
  }

  /** Answers with the Status of an error; what is no ApiError is told as an internal one. */
  sendError(cause: unknown): Promise<void> {
    const error = toApiError(cause);
    const status = error.toStatus();
    this.error = status;
    if (this.response.headersSent) {
      this.response.destroy();
      return Promise.resolve();
    }
    const more: RawHeaders = [];
    if (error.details.retryAfterSeconds !== undefined) more.push('Retry-After', error.details.retryAfterSeconds);
    // What the client still sends is not read.
    if (!this.request.complete) more.push('Connection', 'close');
    const { encoding } = negotiate(this.header('accept')) ?? JSON_OBJECTS;
    return this.sendJson(error.httpStatus, JSON.stringify(status), { ...JSON_OBJECTS, encoding }, more);
  }
}

/** Node writes headers as Latin-1. */
function encodeLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Any failure as the API tells it. */
export function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (!(cause instanceof StoreError)) return internalError(cause);
  switch (cause.code) {
    case 'TOO_LARGE':
      return new ApiError('RequestEntityTooLarge', `Request entity is too large: ${cause.message}`);
    case 'UNAVAILABLE':
    case 'CLOSED':
      return new ApiError('ServiceUnavailable', cause.message, undefined, { retryAfterSeconds: 1 }, { cause });
    default:
      return internalError(cause);
  }
}
