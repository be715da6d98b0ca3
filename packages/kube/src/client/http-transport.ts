import { Readable } from 'node:stream';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { systemClock, type Clock } from '../clock.js';
import type { Connection } from '../kubeconfig/connection.js';
import { abortable } from './abortable.js';
import { CredentialSource, type Secrets } from './credential-source.js';
import { discard } from './retry.js';
import { UnreachableError, type Transport, type TransportRequest, type TransportResponse } from './transport.js';

export interface HttpTransportOptions {
  userAgent?: string;
  clock?: Clock;
  /** How long the server may take to begin an answer. Default 60 s. */
  headersTimeoutMs?: number;
  /** Connections for all but watches, which have one each. Default 16. */
  connections?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A stream in which nothing comes for so long is dead; API servers send bookmarks each minute. */
const WATCH_SILENCE_MS = 15 * 60_000;

/** HTTP connections with one set of certificates. */
interface Pools {
  key: string;
  short: Dispatcher;
  watches: Dispatcher;
}

/** Talks to an API server over the network, by undici. Redirects are not followed. */
export class HttpTransport implements Transport {
  private readonly credentials: CredentialSource;
  private readonly userAgent: string;
  private pools: Pools | undefined;
  /** The pools of now, and those of before whose requests are not done. */
  private readonly open = new Set<Pools>();
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly options: HttpTransportOptions = {},
  ) {
    this.credentials = new CredentialSource(connection, options.clock ?? systemClock);
    this.userAgent = options.userAgent ?? 'longshore';
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const response = await this.send(request);
    const isRepeatable = request.body === undefined || typeof request.body === 'string';
    if (response.status !== 401 || !isRepeatable || !this.credentials.refresh()) return response;
    await discard(response);
    return this.send(request);
  }

  async close(): Promise<void> {
    this.closed = true;
    const pools = [...this.open];
    // Watches end only with their loops, which would keep a graceful end waiting.
    await Promise.allSettled(pools.flatMap(({ short, watches }) => [short.close(), watches.destroy()]));
  }

  private async send({
    method,
    path,
    query,
    headers,
    body,
    signal,
    isWatch,
  }: TransportRequest): Promise<TransportResponse> {
    if (this.closed) throw new UnreachableError('the client is closed');
    const { server, headers: own = {} } = this.connection;
    const secrets = await abortable(this.credentials.get(), signal);
    const { short, watches } = this.poolsFor(secrets);
    const base = server.pathname.replace(/\/$/, '');
    const search = query === undefined || query.size === 0 ? '' : `?${query.toString()}`;
    try {
      const answer = await (isWatch === true ? watches : short).request({
        origin: server.origin,
        path: `${base}${path}${search}`,
        method,
        headers: {
          'user-agent': this.userAgent,
          ...own,
          ...(secrets.token !== undefined && { authorization: `Bearer ${secrets.token}` }),
          ...headers,
        },
        body: body === undefined || typeof body === 'string' ? (body ?? null) : Readable.from(body),
        ...(signal !== undefined && { signal }),
      });
      return { status: answer.statusCode, headers: flatten(answer.headers), body: answer.body };
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(`${server.host} cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** The pools for these certificates; those for others are closed when their requests are done. */
  private poolsFor({ certificate, key, certificateAuthority }: Secrets): Pools {
    const identity = JSON.stringify([certificate, key, certificateAuthority]);
    if (this.pools?.key !== identity) {
      if (this.pools !== undefined) this.retire(this.pools);
      const { connections = 16, headersTimeoutMs = 60_000 } = this.options;
      const tls = this.tlsOptions({ certificate, key, certificateAuthority });
      this.pools = {
        key: identity,
        short: this.dispatcher(tls, { connections, headersTimeout: headersTimeoutMs, bodyTimeout: headersTimeoutMs }),
        watches: this.dispatcher(tls, { headersTimeout: headersTimeoutMs, bodyTimeout: WATCH_SILENCE_MS }),
      };
      this.open.add(this.pools);
    }
    return this.pools;
  }

  /** Closes pools when their requests are done. */
  private retire(pools: Pools): void {
    void Promise.allSettled([pools.short.close(), pools.watches.close()]).then(() => this.open.delete(pools));
  }

  private tlsOptions({
    certificate,
    key,
    certificateAuthority,
  }: { [name in keyof Secrets]: Secrets[name] | undefined }) {
    const { insecureSkipTlsVerify, tlsServerName } = this.connection;
    return {
      ...(certificateAuthority !== undefined && { ca: certificateAuthority }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
      ...(insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
    };
  }

  private dispatcher(tls: ReturnType<HttpTransport['tlsOptions']>, options: Agent.Options): Dispatcher {
    const { proxyUrl } = this.connection;
    if (proxyUrl === undefined) return new Agent({ ...options, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
    return new ProxyAgent({ ...options, uri: proxyUrl.href, requestTls: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const entries = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

/** `ECONNREFUSED`, or what TLS says of a certificate. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as NodeJS.ErrnoException;
  return error.message === '' ? (code ?? error.name) : error.message;
}
