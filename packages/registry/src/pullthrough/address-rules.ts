import { BlockList, isIPv6 } from 'node:net';
import { publicAddressesOnly, type AddressPolicy } from '@longshore/distribution';

/** What the administrator has named, of the addresses that the registry would not connect to by itself. */
export interface NamedPlaces {
  /** `longshore.pullthrough.allow`: hosts, with or without a port, `*.domain`, and CIDRs. */
  allow: readonly string[];
  /** Places of the image configuration and the mirror sets: hosts with or without a port and a path, `*.domain`. */
  places: readonly string[];
}

/** Where clouds keep the credentials of machines. Also as IPv6 wraps it: NAT64, 6to4. */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
LINK_LOCAL.addSubnet('2002:a9fe::', 32, 'ipv6');

/**
 * Which addresses pull-through may connect to: image streams are written by users, and the registry stands inside the
 * network (SSRF). Public ones; loopback and private ones of the hosts that the administrator has named; link-local ones only
 * where a CIDR allows them.
 */
export function addressRules({ allow, places }: NamedPlaces): AddressPolicy {
  const ranges = allow.filter((entry) => entry.includes('/'));
  const hosts = [...allow.filter((entry) => !entry.includes('/')), ...places].map(parseHost);
  const inRange = publicAddressesOnly({ allow: ranges });
  return (target) => {
    if (inRange(target)) return true;
    const named = hosts.filter(({ port }) => port === undefined || port === target.port).map(({ host }) => host);
    return !isLinkLocal(target.address) && publicAddressesOnly({ allow: named })(target);
  };
}

function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The host of `host:port/path` without brackets, and its port where there is one. */
function parseHost(place: string): { host: string; port?: number } {
  const authority = place.split('/', 1)[0]?.toLowerCase() ?? '';
  const [, host = authority, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const bare = host.replace(/^\[|\]$/g, '');
  return port === undefined ? { host: bare } : { host: bare, port: Number(port) };
}
