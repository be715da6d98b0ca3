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

/**
 * Allows public addresses only: no loopback, private, link-local, multicast, unspecified, shared or reserved one, also not
 * when it is wrapped in an IPv6 address (v4-mapped, NAT64, 6to4). `allow` names exceptions: hosts, `*.domain`, addresses, CIDRs.
 */
export declare function publicAddressesOnly(options?: { allow?: readonly string[] }): AddressPolicy;
