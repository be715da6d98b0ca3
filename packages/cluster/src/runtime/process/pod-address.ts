import type { ListenOptions } from 'node:net';

/** The variable that tells a container's process the address of its pod. */
export const POD_ADDRESS_VARIABLE = 'LONGSHORE_POD_IP';

const ANY = new Set<unknown>([undefined, null, '', '0.0.0.0', '::']);

/**
 * The arguments of `net.Server.listen` with all addresses of the machine replaced by that of the pod: as in a network
 * namespace, pods that listen on the same port then do not meet. Other addresses, pipes and handles stay as they are.
 */
export function listenOnPod(args: readonly unknown[], address: string): unknown[] {
  const [first, second, ...rest] = args;
  if (isPort(first)) {
    if (typeof second === 'string' || second === undefined || second === null) {
      return ANY.has(second) ? [first, address, ...rest] : [...args];
    }
    return [first, address, second, ...rest];
  }
  if (typeof first === 'object' && first !== null && 'port' in first) {
    const options = first as ListenOptions;
    return ANY.has(options.host) ? [{ ...options, host: address, ipv6Only: false }, ...args.slice(1)] : [...args];
  }
  return [...args];
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,5}$/.test(value));
}
