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
  const isNetwork = (entry: string) => entry.includes('/');
  const inNetworks = publicAddressesOnly({ allow: allow.filter(isNetwork) });
  const hosts = places.map((place) => place.split('/', 1)[0] ?? '');
  const ofHosts = publicAddressesOnly({ allow: [...allow.filter((entry) => !isNetwork(entry)), ...hosts] });
  return (target) => inNetworks(target) || (!isLinkLocal(target.address) && ofHosts(target));
}

function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
