import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import type { Dispatcher } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import { connectionErrorOf, refusal } from './connection-error.js';
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

/** What a connection to an origin is to trust. */
export type Trust = Pick<Request, 'insecure' | 'trust'>;

/** One HTTP answer. The body must be read, dumped or destroyed: it holds the connection. */
export type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** Hosts whose connections are kept; those of the host that was asked for longest ago are closed when they are done. */
const MOST_POOLS = 256;

interface HostPool {
  /** Comes when undici is loaded, which those who send nothing need not wait for. */
  dispatcher: Promise<Dispatcher>;
  trust: readonly string[];
}

/** Sends single requests over pools of kept connections, one pool for each origin and way of trust. */
export class Transport {
  readonly #pools = new LRUCache<string, HostPool>({
    max: MOST_POOLS,
    dispose: ({ dispatcher }) => void dispatcher.then((made) => made.close()).catch(() => undefined),
  });

  constructor(readonly options: TransportOptions) {}

  /** Sends one request. Redirects are answers. Errors: ConnectionError, or the signal's reason. */
  async send(request: Request): Promise<Answer> {
    const { url, method, headers, body, signal } = request;
    signal.throwIfAborted();
    try {
      const dispatcher = await this.#dispatcher(request);
      return await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers,
        signal,
        // Undici closes connections after HEAD, for servers that send a body all the same; registries do not.
        ...(method === 'HEAD' && { reset: false }),
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
    await Promise.allSettled(dispatchers.map(async (dispatcher) => (await dispatcher).destroy()));
    this.#pools.clear();
  }

  #dispatcher({ url, insecure, trust }: Request): Promise<Dispatcher> {
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
    const dispatcher = this.#makeDispatcher(url, through, { insecure, trust });
    this.#pools.set(key, { dispatcher, trust });
    return dispatcher;
  }

  async #makeDispatcher(url: URL, proxy: URL | undefined, trust: Trust): Promise<Dispatcher> {
    const { directDispatcher, proxiedDispatcher } = await import('./dispatchers.js');
    return proxy ? proxiedDispatcher(url, proxy, trust, this.options) : directDispatcher(url, trust, this.options);
  }
}

/** The port that a URL names or means. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
