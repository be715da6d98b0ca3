import { invalid, type KubeObject } from '@longshore/kube';

interface Service extends KubeObject {
  spec: { clusterIP?: string; ports?: { nodePort?: number }[] };
}

/** 172.30.0.0/16, the usual network of services in OpenShift. The first address is that of the API server. */
const NETWORK = [172, 30] as const;
const FIRST = 10;
const LAST = 65_534;
const NODE_PORTS = { first: 30_000, last: 32_767 };

/** Longer than any request lasts: what was given and then refused for another reason is free after it. */
const HELD_MS = 120_000;

/** Whose a number is: held for a service that is not stored yet, for as long as that may take. */
interface Holder {
  service: string;
  heldUntil?: number;
}

/**
 * Gives addresses and node ports to services, each to one. A number is held when it is given, and taken when its service is
 * stored; the same service may ask for what is held for it again.
 */
export class ServiceNumbers {
  readonly #addresses = new Map<string, Holder>();
  readonly #nodePorts = new Map<number, Holder>();
  #next = FIRST;
  #nextPort = NODE_PORTS.first;

  /** `now`: milliseconds since 1970. */
  constructor(private readonly now: () => number = Date.now) {}

  /** Takes note of a service that is there. */
  occupy(object: KubeObject): void {
    const { clusterIP, ports = [] } = object.spec as Service['spec'];
    const service = keyOf(object);
    if (clusterIP !== undefined && clusterIP !== 'None') this.#addresses.set(clusterIP, { service });
    for (const { nodePort } of ports) if (nodePort) this.#nodePorts.set(nodePort, { service });
  }

  /** Takes back what a service has. */
  release(object: KubeObject): void {
    const { clusterIP = '', ports = [] } = object.spec as Service['spec'];
    const service = keyOf(object);
    if (this.#addresses.get(clusterIP)?.service === service) this.#addresses.delete(clusterIP);
    for (const { nodePort = 0 } of ports) {
      if (this.#nodePorts.get(nodePort)?.service === service) this.#nodePorts.delete(nodePort);
    }
  }

  /** `wanted`, or a free one. Errors: ApiError `Invalid` when it is not free or outside, or all are taken. */
  address(service: KubeObject, wanted: string | undefined): string {
    const address = wanted ?? this.#freeAddress(service);
    const field = 'spec.clusterIPs';
    const shown = `Invalid value: []string{${JSON.stringify(address)}}: failed to allocate IP ${address}`;
    if (!isInNetwork(address)) {
      throw wrong(
        service,
        field,
        `${shown}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${NETWORK.join('.')}.0.0/16`,
      );
    }
    if (!this.#isFree(this.#addresses.get(address), service)) {
      throw wrong(service, field, `${shown}: provided IP is already allocated`);
    }
    this.#addresses.set(address, this.#hold(service));
    return address;
  }

  nodePort(service: KubeObject, wanted: number | undefined): number {
    const port = wanted ?? this.#freePort(service);
    const field = 'spec.ports[0].nodePort';
    const { first, last } = NODE_PORTS;
    if (port < first || port > last) {
      throw wrong(
        service,
        field,
        `Invalid value: ${port}: provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    if (!this.#isFree(this.#nodePorts.get(port), service))
      throw wrong(service, field, `Invalid value: ${port}: provided port is already allocated`);
    this.#nodePorts.set(port, this.#hold(service));
    return port;
  }

  #hold(service: KubeObject): Holder {
    return { service: keyOf(service), heldUntil: this.now() + HELD_MS };
  }

  #isFree(holder: Holder | undefined, service?: KubeObject): boolean {
    if (holder?.heldUntil === undefined) return holder === undefined;
    return holder.heldUntil <= this.now() || (service !== undefined && holder.service === keyOf(service));
  }

  #freeAddress(service: KubeObject): string {
    for (let tries = FIRST; tries <= LAST; tries++) {
      const address = [...NETWORK, this.#next >> 8, this.#next & 0xff].join('.');
      this.#next = this.#next === LAST ? FIRST : this.#next + 1;
      if (this.#isFree(this.#addresses.get(address))) return address;
    }
    throw wrong(service, 'spec.clusterIPs', 'Internal error: failed to allocate a serviceIP: range is full');
  }

  #freePort(service: KubeObject): number {
    const { first, last } = NODE_PORTS;
    for (let tries = first; tries <= last; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === last ? first : port + 1;
      if (this.#isFree(this.#nodePorts.get(port))) return port;
    }
    throw wrong(service, 'spec.ports[0].nodePort', 'Internal error: failed to allocate a nodePort: range is full');
  }
}

const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject) => `${namespace}/${name}`;

function isInNetwork(address: string): boolean {
  const parts = address.split('.').map(Number);
  const isFirstOrLast = /^172\.30\.(0\.0|255\.255)$/.test(address);
  return parts.length === 4 && NETWORK.every((part, index) => parts[index] === part) && !isFirstOrLast;
}

function wrong({ metadata }: KubeObject, field: string, message: string) {
  const reason = message.startsWith('Internal') ? 'InternalError' : 'FieldValueInvalid';
  return invalid({ group: '', kind: 'Service' }, metadata.name ?? '', [{ reason, message, field }]);
}
