import { readFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { Pool, ProxyAgent } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import { connectionErrorOf } from './connection-error.js';
import { guardedConnector, refusal } from './connector.js';
import { proxyFor } from './proxy.js';
import type { ProxySettings } from './proxy.js';

export interface TransportOptions {
  addresses?: AddressPolicy;
  proxy?: ProxySettings;
  lookup?: LookupFunction;
  connections: number;
  connectTimeoutMs: number;
  idleTimeoutMs: number;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One HTTP request. */
export interface Request {
  url: URL;
  method: Method;
  headers: Record<string, string>;
  body?: Readable | Uint8Array | string;
  signal: AbortSignal;
  /** TLS is not verified. */
  insecure: boolean;
  /** PEM certificates to trust beside Node's. */
  trust: readonly string[];
}

/** One HTTP answer. The body must be read, dumped or destroyed: it holds the connection. */
export type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** Hosts whose connections are kept; those of the host that was asked for longest ago are closed when they are done. */
const MOST_POOLS = 256;
const LARGEST_HEADERS = 64 * 1024;

interface HostPool {
  dispatcher: Dispatcher;
  trust: readonly string[];
}

/** Sends single requests over pools of kept connections, one pool for each origin and way of trust. */
export class Transport {
  readonly #pools = new LRUCache<string, HostPool>({
    max: MOST_POOLS,
    dispose: ({ dispatcher }) => void dispatcher.close().catch(() => undefined),
  });

  constructor(readonly options: TransportOptions) {}

  /** Sends one request. Redirects are answers. Errors: ConnectionError, or the signal's reason. */
  async send(request: Request): Promise<Answer> {
    const { url, method, headers, body, signal } = request;
    signal.throwIfAborted();
    try {
      return await this.#dispatcher(request).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers,
        signal,
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw connectionErrorOf(error);
    }
  }

  /** Ends all connections; running requests fail. */
  async close(): Promise<void> {
    const dispatchers = [...this.#pools.values()].map(({ dispatcher }) => dispatcher);
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
    this.#pools.clear();
  }

  #dispatcher({ url, insecure, trust }: Request): Dispatcher {
    const { proxy, addresses } = this.options;
    const through = proxy && proxyFor(url, proxy);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // The proxy looks up names; only addresses are ours to judge.
    if (through && addresses && isIP(host) !== 0 && !addresses({ address: host, host, port: portOf(url) })) {
      throw refusal(host, [host]);
    }
    const key = [url.origin, insecure, through?.href].join(' ');
    const known = this.#pools.get(key);
    if (known !== undefined && sameTexts(known.trust, trust)) return known.dispatcher;
    const dispatcher = through ? this.#proxied(url, through, insecure, trust) : this.#direct(url, insecure, trust);
    this.#pools.set(key, { dispatcher, trust });
    return dispatcher;
  }

  #direct(url: URL, insecure: boolean, trust: readonly string[]): Dispatcher {
    const { addresses, lookup, connectTimeoutMs } = this.options;
    const connect = guardedConnector({
      ...tlsOptions(insecure, trust),
      timeout: connectTimeoutMs,
      port: portOf(url),
      ...(addresses && { addresses }),
      ...(lookup && { lookup }),
    });
    return new Pool(url.origin, { ...this.#poolOptions(), connect });
  }

  /** http goes to the proxy as it is, https through a tunnel. The proxy's own address is configuration, not judged. */
  #proxied(url: URL, proxy: URL, insecure: boolean, trust: readonly string[]): Dispatcher {
    const pool = (origin: string | URL, options: { connect?: unknown }) =>
      new Pool(origin, {
        ...this.#poolOptions(),
        connect: failingForGood(options.connect as buildConnector.connector),
      });
    const { lookup, connectTimeoutMs: timeout } = this.options;
    return new ProxyAgent({
      ...this.#poolOptions(),
      uri: proxy.href,
      proxyTunnel: url.protocol === 'https:',
      proxyTls: { timeout, ...(lookup && { lookup }) },
      requestTls: { ...tlsOptions(insecure, trust), timeout },
      factory: pool,
      clientFactory: pool,
    });
  }

  #poolOptions(): Pool.Options {
    const { connections, idleTimeoutMs } = this.options;
    return {
      connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      maxHeaderSize: LARGEST_HEADERS,
    };
  }
}

/**
 * undici connects again without end when a connector fails with its own UND_ERR_SOCKET, which is what a proxy that closes the
 * connection instead of making a tunnel leads to (`onError` in its client).
 */
function failingForGood(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(connectionErrorOf(error), null);
    });
  };
}

/** The context is made once for a pool: it holds some 150 certificates, which would be parsed for each connection. */
function tlsOptions(insecure: boolean, trust: readonly string[]): object {
  if (insecure) return { rejectUnauthorized: false };
  return trust.length === 0 ? {} : { secureContext: createSecureContext({ ca: [...nodeAuthorities(), ...trust] }) };
}

/** What Node trusts by itself. It forgets NODE_EXTRA_CA_CERTS for those who name authorities of their own. */
function nodeAuthorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file) return [...rootCertificates];
  try {
    return [...rootCertificates, readFileSync(file, 'utf8')];
  } catch {
    return [...rootCertificates]; // Node has warned of it at its start.
  }
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
