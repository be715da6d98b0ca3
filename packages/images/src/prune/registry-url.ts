import { BlockList, isIP } from 'node:net';

/** A `--registry-url` that is none, or that does not go with other options. */
export class RegistryUrlError extends Error {
  override readonly name = 'RegistryUrlError';
  readonly code = 'REGISTRY_URL_INVALID';
}

export interface RegistryAddress {
  /** As it was written; undefined: https first. */
  scheme: 'http' | 'https' | undefined;
  /** With the port. */
  host: string;
}

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

/** Reads `[scheme://]host[:port]` (registry.md 8.1). Errors: {@link RegistryUrlError}. */
export function parseRegistryUrl(text: string): RegistryAddress {
  const [, scheme, rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(.*)$/s.exec(text) ?? [];
  const invalid = (why: string) => new RegistryUrlError(`${JSON.stringify(text.slice(0, 200))}: ${why}`);
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw invalid('the scheme of a registry is http or https, or none');
  }
  const url = URL.canParse(`https://${rest}`) ? new URL(`https://${rest}`) : undefined;
  if (url === undefined || url.hostname === '') throw invalid('expected the host of a registry, such as registry:5000');
  if (url.username !== '' || url.password !== '') throw invalid('a registry URL holds no credentials');
  if (url.pathname !== '/' || rest.includes('?') || rest.includes('#')) {
    throw invalid('a registry URL has neither path nor query');
  }
  return { scheme, host: rest.replace(/\/$/, '') };
}

/** Whether a host is an address of a private, link-local or loopback network. */
export function isPrivateHost(host: string): boolean {
  const { hostname } = new URL(`https://${host}`);
  if (hostname === 'localhost') return true;
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version !== 0 && PRIVATE.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
