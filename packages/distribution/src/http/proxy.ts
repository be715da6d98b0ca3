import { BlockList, isIP } from 'node:net';
import { withoutPort } from '../repository-name.js';

/** Which proxies to use, in the words of the environment variables. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

/** A proxy cannot be used. The message does not hold its password. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'PROXY_INVALID';
}

/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case, as Go does
 * (golang.org/x/net/http/httpproxy).
 *
 * @throws {ProxyError}
 */
export function proxyFromEnvironment(env: NodeJS.ProcessEnv): ProxySettings {
  const read = (name: string) => env[name.toUpperCase()] || env[name.toLowerCase()];
  const [httpProxy, httpsProxy, noProxy] = [read('HTTP_PROXY'), read('HTTPS_PROXY'), read('NO_PROXY')];
  for (const proxy of [httpProxy, httpsProxy]) if (proxy !== undefined) parseProxy(proxy);
  return {
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    ...(noProxy !== undefined && { noProxy }),
  };
}

/**
 * The proxy for a request; undefined when it goes straight.
 *
 * @throws {ProxyError}
 */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.httpsProxy : settings.httpProxy;
  if (!proxy || !usesProxy(url, settings.noProxy ?? '')) return undefined;
  return parseProxy(proxy);
}

function parseProxy(text: string): URL {
  const url = tryUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === undefined) throw new ProxyError('the proxy is not a URL; write it as in "http://proxy.example.com:3128"');
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new ProxyError(
    `a proxy of the kind ${url.protocol}// is not supported; use one of the kind http:// or https://`,
  );
}

function tryUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function usesProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || isLoopback(host)) return false;
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  return !entries.some((entry) => entry === '*' || matchesEntry(entry, host, port));
}

function matchesEntry(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry.includes('/')) return isInRange(entry, host);
  const bareAddress = isIP(entry) !== 0;
  const entryHost = (bareAddress ? entry : withoutPort(entry)).replace(/^\[|\]$/g, '');
  const entryPort = bareAddress ? '' : entry.slice(withoutPort(entry).length + 1);
  if (entryHost === '' || (entryPort !== '' && entryPort !== port)) return false;
  if (isIP(entryHost) !== 0)
    return isIP(host) !== 0 && isInRange(`${entryHost}/${isIP(entryHost) === 4 ? 32 : 128}`, host);
  const domain = entryHost.replace(/^\*\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isLoopback(host: string): boolean {
  return isInRange('127.0.0.0/8', host) || isInRange('::1/128', host);
}

function isInRange(range: string, address: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
