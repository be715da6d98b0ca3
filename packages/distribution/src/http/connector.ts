import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import { refusal } from './connection-error.js';
import { makeConnector } from './undici.js';

export type ConnectorOptions = buildConnector.BuildOptions & {
  /** The port that connections go to; policies may look at it. */
  port: number;
  addresses?: AddressPolicy;
  lookup?: LookupFunction;
};

/**
 * Makes undici's connector ask the address policy. Names are looked up once, and the connection goes to the very addresses
 * that were allowed, so that a second answer of the name server changes nothing.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { port, addresses, lookup = systemLookup, ...rest } = options;
  const connect = makeConnector({ ...rest, lookup: addresses ? guardedLookup(lookup, addresses, port) : lookup });
  return (target, callback) => {
    const { hostname } = target;
    // For an address nothing is looked up.
    if (addresses !== undefined && isIP(hostname) !== 0 && !addresses({ address: hostname, host: hostname, port })) {
      callback(refusal(hostname, [hostname]), null);
    } else {
      connect(target, callback);
    }
  };
}

function guardedLookup(lookup: LookupFunction, allows: AddressPolicy, port: number): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, '', 0);
      const all: LookupAddress[] =
        typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found;
      const allowed = all.filter(({ address }) => allows({ address, host, port }));
      const [first] = allowed;
      if (first === undefined)
        return callback(
          refusal(
            host,
            all.map(({ address }) => address),
          ),
          '',
          0,
        );
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}
