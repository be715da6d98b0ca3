import { Readable } from 'node:stream';
import { systemClock, type Clock } from '../clock.js';
import type { Connection } from '../kubeconfig/connection.js';
import { abortable } from './abortable.js';
import { CredentialSource, type Secrets } from './credential-source.js';
import type { Certificates, Pools } from './http-pools.js';
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

/** Connections with one set of certificates. */
interface Opened {
  key: string;
  /** Come when undici is loaded, which those who ask for nothing need not wait for. */
  pools: Promise<Pools>;
}

/** Talks to an API server over the network, by undici. Redirects are not followed. */
export class HttpTransport implements Transport {
  private readonly credentials: CredentialSource;
  private readonly userAgent: string;
  private opened: Opened | undefined;
  /** What is used now, and what was before and has requests that are not done. */
  private readonly open = new Set<Opened>();
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
    const ends = [...this.open].map(async ({ pools }) => {
      const { short, watches } = await pools;
      // Watches end only with their loops, which would keep a graceful end waiting.
      await Promise.allSettled([short.close(), watches.destroy()]);
    });
    await Promise.allSettled(ends);
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
    const { short, watches } = await this.poolsFor(secrets);
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
  private poolsFor({ certificate, key, certificateAuthority }: Secrets): Promise<Pools> {
    const certificates = { certificate, key, certificateAuthority };
    const identity = JSON.stringify(Object.values(certificates));
    if (this.opened?.key !== identity) {
      if (this.opened !== undefined) void this.retire(this.opened);
      this.opened = { key: identity, pools: this.openPools(certificates) };
      this.open.add(this.opened);
    }
    return this.opened.pools;
  }

  private async openPools(certificates: Certificates): Promise<Pools> {
    const { openPools } = await import('./http-pools.js');
    return openPools(this.connection, certificates, this.options);
  }

  /** Closes pools when their requests are done. */
  private async retire(opened: Opened): Promise<void> {
    const pools = await opened.pools.catch(() => undefined);
    await Promise.allSettled([pools?.short.close(), pools?.watches.close()]);
    this.open.delete(opened);
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
