import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

const HOST = /^[A-Za-z0-9._~:[\]-]{1,255}$/;

/**
 * The registry's own URL as the client sees it, `https://host:port`: the configured host, else what a proxy says in
 * `Forwarded` (RFC 7239) or `X-Forwarded-*`, else the request's own. Undefined when no usable host is known.
 */
export function originOf(request: IncomingMessage, configured: string | undefined): string | undefined {
  if (configured !== undefined && configured !== '') return configured.replace(/\/+$/, '');
  const { headers } = request;
  const forwarded = parseForwarded(headers.forwarded);
  const host = forwarded.host ?? (firstOf(headers['x-forwarded-host']) || headers.host);
  if (host === undefined || !HOST.test(host)) return undefined;
  const encrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  const proto = (forwarded.proto ?? firstOf(headers['x-forwarded-proto']))?.toLowerCase();
  return `${proto === 'https' || proto === 'http' ? proto : encrypted ? 'https' : 'http'}://${host}`;
}

function parseForwarded(header: string | undefined): { host?: string; proto?: string } {
  const first = header?.split(',', 1)[0] ?? '';
  return {
    host: /(?:^|;)\s*host="?([^";,\s]+)"?/i.exec(first)?.[1],
    proto: /(?:^|;)\s*proto="?([a-z]+)"?/i.exec(first)?.[1],
  };
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(',', 1)[0]?.trim();
}
