import ipaddr from 'ipaddr.js';
import type { IPv4, IPv6 } from 'ipaddr.js';
import { comparableHost } from '../repository-name.js';

/** Where a connection is about to go. */
export interface ConnectionTarget {
  /** The IP address, after the name has been looked up. */
  address: string;
  /** The host as the URL names it, without port and brackets. */
  host: string;
  port: number;
}

/** Whether an address may be connected to. */
export type AddressPolicy = (target: ConnectionTarget) => boolean;

type Range = [IPv4 | IPv6, number];

/** Prefixes of IPv6 addresses that carry an IPv4 address, and the byte where it begins (RFC 6052, RFC 8215, RFC 3056). */
const WRAPPINGS: readonly { range: Range; offset: number }[] = [
  { range: ipaddr.parseCIDR('64:ff9b::/96'), offset: 12 },
  { range: ipaddr.parseCIDR('2002::/16'), offset: 2 },
];

/** The old way to wrap IPv4 (RFC 4291 2.5.5.1), which ipaddr.js takes for unicast. */
const IPV4_COMPATIBLE: Range = ipaddr.parseCIDR('::/96');

/**
 * Allows public addresses only: no loopback, private, link-local, multicast, unspecified, shared or reserved one, also not
 * when it is wrapped in an IPv6 address (v4-mapped, NAT64, 6to4; Teredo never). `allow` names exceptions: hosts (any port
 * where none is written), `*.domain`, addresses and CIDRs.
 *
 * @throws {RangeError} for a CIDR that is none
 */
export function publicAddressesOnly(options: { allow?: readonly string[] } = {}): AddressPolicy {
  const exceptions = (options.allow ?? []).map(parseException);
  return (target) => {
    const address = parseAddress(target.address);
    if (address === undefined) return false;
    return isPublic(address) || exceptions.some((allows) => allows(target, address));
  };
}

function parseException(text: string): (target: ConnectionTarget, address: IPv4 | IPv6) => boolean {
  if (text.includes('/')) {
    const range = parseRange(text);
    return (_, address) => isIn(address, range);
  }
  const exact = parseAddress(text.replace(/^\[(.*)\]$/s, '$1'));
  if (exact !== undefined) return (_, address) => address.toNormalizedString() === exact.toNormalizedString();
  if (text.startsWith('*.')) return ({ host }) => host.toLowerCase().endsWith(text.slice(1).toLowerCase());
  const named = comparableHost(text);
  return ({ host, port }) => named === host.toLowerCase() || named === comparableHost(`${host}:${port}`);
}

function parseRange(text: string): Range {
  try {
    return ipaddr.parseCIDR(text);
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(text)} is not a range of addresses; write it as in "10.0.0.0/8"`, { cause });
  }
}

/** A v4-mapped address becomes the IPv4 address that is meant. */
function parseAddress(text: string): IPv4 | IPv6 | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  return ipaddr.process(text);
}

function isPublic(address: IPv4 | IPv6): boolean {
  const wrapping = WRAPPINGS.find(({ range }) => isIn(address, range));
  if (wrapping !== undefined) {
    const { offset } = wrapping;
    return isPublic(ipaddr.fromByteArray(address.toByteArray().slice(offset, offset + 4)));
  }
  return address.range() === 'unicast' && !isIn(address, IPV4_COMPATIBLE);
}

function isIn(address: IPv4 | IPv6, range: Range): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}
