import { invalid, type KubeObject } from '@longshore/kube';

interface Service extends KubeObject {
  spec: { clusterIP?: string; ports?: { nodePort?: number }[] };
}

/** 172.30.0.0/16, the usual network of services in OpenShift. The first address is that of the API server. */
const NETWORK = [172, 30] as const;
const FIRST = 10;
const LAST = 65_534;
const NODE_PORTS = { first: 30_000, last: 32_767 };

/** Gives addresses and node ports to services, each to one. */
export class ServiceNumbers {
  readonly #addresses = new Set<string>();
  readonly #nodePorts = new Set<number>();
  #next = FIRST;
  #nextPort = NODE_PORTS.first;

  /** Takes note of a service that is there. */
  occupy({ spec }: KubeObject): void {
    const { clusterIP, ports = [] } = spec as Service['spec'];
    if (clusterIP !== undefined && clusterIP !== 'None') this.#addresses.add(clusterIP);
    for (const { nodePort } of ports) if (nodePort !== undefined) this.#nodePorts.add(nodePort);
  }

  release({ spec }: KubeObject): void {
    const { clusterIP = '', ports = [] } = spec as Service['spec'];
    this.#addresses.delete(clusterIP);
    for (const { nodePort } of ports) if (nodePort !== undefined) this.#nodePorts.delete(nodePort);
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
    if (this.#addresses.has(address)) throw wrong(service, field, `${shown}: provided IP is already allocated`);
    this.#addresses.add(address);
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
    if (this.#nodePorts.has(port))
      throw wrong(service, field, `Invalid value: ${port}: provided port is already allocated`);
    this.#nodePorts.add(port);
    return port;
  }

  #freeAddress(service: KubeObject): string {
    for (let tries = FIRST; tries <= LAST; tries++) {
      const address = [...NETWORK, this.#next >> 8, this.#next & 0xff].join('.');
      this.#next = this.#next === LAST ? FIRST : this.#next + 1;
      if (!this.#addresses.has(address)) return address;
    }
    throw wrong(service, 'spec.clusterIPs', 'Internal error: failed to allocate a serviceIP: range is full');
  }

  #freePort(service: KubeObject): number {
    const { first, last } = NODE_PORTS;
    for (let tries = first; tries <= last; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === last ? first : port + 1;
      if (!this.#nodePorts.has(port)) return port;
    }
    throw wrong(service, 'spec.ports[0].nodePort', 'Internal error: failed to allocate a nodePort: range is full');
  }
}

function isInNetwork(address: string): boolean {
  const parts = address.split('.').map(Number);
  return parts.length === 4 && NETWORK.every((part, index) => parts[index] === part);
}

function wrong({ metadata }: KubeObject, field: string, message: string) {
  const reason = message.startsWith('Internal') ? 'InternalError' : 'FieldValueInvalid';
  return invalid({ group: '', kind: 'Service' }, metadata.name ?? '', [{ reason, message, field }]);
}
