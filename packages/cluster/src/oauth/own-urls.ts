import type { IncomingMessage } from 'node:http';

/** The addresses of this server. A server of one machine is reached by several names; each client keeps to the one it chose. */
export class OwnUrls {
  private readonly main: URL;
  private readonly hosts: ReadonlySet<string>;

  /** `names`: those that the serving certificate vouches for. */
  constructor(publicUrl: string, names: readonly string[]) {
    this.main = new URL(publicUrl);
    this.hosts = new Set([this.main.hostname, ...names.map((name) => (name.includes(':') ? `[${name}]` : name))]);
  }

  /** `https://localhost:6443` when the request came by that name; the public URL for names that are not ours. */
  baseOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
    const url = `${this.main.protocol}//${headers.host ?? ''}`;
    if (!URL.canParse(url)) return this.main.origin;
    const { hostname, origin } = new URL(url);
    return this.hosts.has(hostname) && origin === url.toLowerCase() ? origin : this.main.origin;
  }

  /** A redirect URI of ours, written with the public URL, whatever name of ours it has. */
  canonical(uri: string, base: string): string {
    return uri.startsWith(`${base}/`) ? this.main.origin + uri.slice(base.length) : uri;
  }
}
