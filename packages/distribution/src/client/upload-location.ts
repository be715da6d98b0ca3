import { RemoteError } from '../remote-error.js';

/**
 * Where an upload goes on, as a path of the registry or, elsewhere, as a whole URL. Behind a proxy that ends TLS registries name
 * themselves by http: the registry's own address holds then.
 *
 * @throws {RemoteError} INVALID for no address, or one that is not secure
 */
export function uploadLocation(
  header: string | string[] | undefined,
  { base, insecure, subject }: { base: URL; insecure: boolean; subject: string },
): string {
  if (typeof header !== 'string' || !URL.canParse(header, base.href)) {
    throw new RemoteError('INVALID', `${subject}: the registry does not say where to upload to`);
  }
  const url = new URL(header, base);
  const isSelf = url.origin === base.origin || (url.hostname === base.hostname && url.protocol !== base.protocol);
  if (isSelf) return `${url.pathname}${url.search}`;
  if (url.protocol === 'https:' || (url.protocol === 'http:' && insecure)) return url.href;
  throw new RemoteError('INVALID', `${subject}: the registry leads the upload to ${url.protocol}//${url.host}`);
}
