import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { Endpoints } from 'kubernetes-types/core/v1.js';
import type { Service } from '../../kinds/core/service.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { backendsOf, type Backend } from './backend.js';
import { PortProxy } from './port-proxy.js';

/** Tells where on this machine a service can be reached, as its cluster IP is in no network. */
const ADDRESS_ANNOTATION = 'runtime.longshore.dev/local-address';

export interface ServiceProxyOptions {
  /** The address of a service on this machine; undefined where there are no such addresses. */
  addressOf: (clusterIp: string) => string | undefined;
  events: EventRecorder;
  /** Names or addresses of services have changed. */
  changed: () => Promise<void>;
}

interface Listener extends Backend {
  /** Name of the port of the service. */
  portName: string;
}

const RETRY_MS = 10_000;

/** Makes services reachable on this machine: a listener for each TCP port, which balances over the pods that are ready. */
export class ServiceProxy {
  private readonly proxies = new Map<string, Map<string, PortProxy>>();
  private readonly addresses = new Map<string, string>();

  constructor(private readonly options: ServiceProxyOptions) {}

  get controller(): Controller {
    const follow = (object: KubeObject) => [objectKey(object)];
    return {
      name: 'service-proxy',
      follows: { services: follow, endpoints: follow },
      reconcile: (key, objects) => this.settle(key, objects),
    };
  }

  /** Lines of a hosts file. */
  hosts(): string {
    const lines = [...this.addresses].map(([key, address]) => {
      const [namespace = '', name = ''] = key.split('/');
      return `${address}\t${fullNames(key).join(' ')} ${name}.${namespace}\n`;
    });
    return lines.sort().join('');
  }

  /** The names that nobody else has, with their addresses. */
  names(): ReadonlyMap<string, string> {
    return new Map(
      [...this.addresses].flatMap(([key, address]) => fullNames(key).map((name) => [name, address] as const)),
    );
  }

  async close(): Promise<void> {
    for (const proxies of this.proxies.values()) for (const proxy of proxies.values()) await proxy.close();
  }

  private async settle(key: string, objects: ObjectAccess): Promise<{ after: number } | undefined> {
    const [namespace = '', name = ''] = key.split('/');
    const service = await objects.get<Service>('services', namespace, name);
    const endpoints = await objects.get<KubeObject & Endpoints>('endpoints', namespace, name);
    const address = service && this.addressOf(service);
    const wanted = service && address !== undefined && endpoints ? listenersOf(service, address) : [];
    const proxies = this.proxies.get(key) ?? new Map<string, PortProxy>();
    this.proxies.set(key, proxies);
    for (const [at, proxy] of proxies) {
      if (wanted.some((one) => nameOf(one) === at)) continue;
      proxies.delete(at);
      await proxy.close();
    }
    const failures: string[] = [];
    for (const listener of wanted) {
      const at = nameOf(listener);
      try {
        const proxy = proxies.get(at) ?? (await PortProxy.listen(listener));
        proxies.set(at, proxy);
        proxy.use(backendsOf(endpoints, ({ name = '' }) => name === listener.portName));
      } catch (error) {
        failures.push(`${at}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
      }
    }
    await this.announce(key, service, proxies.size > 0 ? address : undefined, objects);
    if (service === undefined) this.proxies.delete(key);
    if (service === undefined || failures.length === 0) return undefined;
    const message = `cannot listen on ${failures.join(', ')}`;
    await this.options.events.tell(service, { type: 'Warning', reason: 'PortNotServed', message });
    return { after: RETRY_MS };
  }

  private addressOf({ spec }: Service): string | undefined {
    const { clusterIP = 'None', type } = spec;
    return clusterIP === 'None' || type === 'ExternalName' ? undefined : this.options.addressOf(clusterIP);
  }

  private async announce(
    key: string,
    service: Service | undefined,
    address: string | undefined,
    objects: ObjectAccess,
  ): Promise<void> {
    if (this.addresses.get(key) !== address) {
      if (address === undefined) this.addresses.delete(key);
      else this.addresses.set(key, address);
      await this.options.changed();
    }
    if (service === undefined || service.metadata.annotations?.[ADDRESS_ANNOTATION] === address) return;
    const { namespace = '', name = '' } = service.metadata;
    await objects
      .change<Service>('services', namespace, name, '', (current) => {
        const { [ADDRESS_ANNOTATION]: _old, ...annotations } = current.metadata.annotations ?? {};
        const told = address === undefined ? annotations : { ...annotations, [ADDRESS_ANNOTATION]: address };
        return { ...current, metadata: { ...current.metadata, annotations: told } };
      })
      .catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
  }
}

function listenersOf({ spec }: Service, host: string): Listener[] {
  return (spec.ports ?? []).flatMap(({ name: portName = '', port, nodePort, protocol = 'TCP' }) => {
    if (protocol !== 'TCP') return [];
    const own = { host, port, portName };
    return nodePort ? [own, { host: '0.0.0.0', port: nodePort, portName }] : [own];
  });
}

function fullNames(key: string): string[] {
  const [namespace = '', name = ''] = key.split('/');
  const full = `${name}.${namespace}.svc`;
  return [full, `${full}.cluster.local`];
}

const nameOf = ({ host, port }: Backend) => `${host}:${port}`;
