import { isIP } from 'node:net';
import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { Endpoints } from 'kubernetes-types/core/v1.js';
import type { HostsFile } from '../../hosts-file.js';
import type { Service } from '../../kinds/core/service.js';
import type { Route } from '../../kinds/openshift/route.js';
import { parseAddress } from '../../api-socket.js';
import { isOfCluster } from '../own-image.js';
import { DEFAULT_CERTIFICATE, defaultCertificate, INGRESS_NAMESPACE } from './default-certificate.js';
import { claimHosts, type HostClaim } from './host-claims.js';
import { RouteCertificates } from './route-certificate.js';
import { RouteServer } from './route-server.js';
import { routeStatus } from './route-status.js';
import { RouteTable } from './route-table.js';
import type { RouterAddresses, RouterOptions } from './router-options.js';
import { servedRoute, servingSecretOf, type ServiceFacts } from './served-route.js';

const ROUTES = 'routes.route.openshift.io';
const ALL = 'routes';
/** Certificates are looked at so often when nothing changes. */
const LOOK_AGAIN_MS = 6 * 60 * 60_000;
/** Whose names they are in the hosts file. */
const HOSTS_OWNER = 'routes';

export interface RouterSurroundings {
  /** Gets the hosts of routes. */
  hostsFile?: HostsFile | undefined;
  onError: (error: unknown) => void;
}

/** Serves the hosts of routes on this machine, as the router of OpenShift does for a cluster. */
export class Router {
  private readonly certificates = new RouteCertificates();
  private shown = '';

  private constructor(
    private readonly options: RouterOptions,
    private readonly server: RouteServer,
    readonly addresses: RouterAddresses,
    private readonly surroundings: RouterSurroundings,
  ) {}

  /** Listens; routes are served when its controller runs. Errors: ClusterError for an address that cannot be had. */
  static async start(options: RouterOptions, surroundings: RouterSurroundings): Promise<Router> {
    const server = new RouteServer(surroundings.onError);
    try {
      return new Router(options, server, await server.listen(options), surroundings);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  get controller(): Controller {
    const all = () => [ALL];
    return {
      name: 'router',
      follows: {
        [ROUTES]: all,
        services: all,
        endpoints: all,
        secrets: (secret) => (isOfTls(secret) ? [ALL] : []),
      },
      reconcile: async (_key, objects) => {
        await this.settle(objects);
        return { after: LOOK_AGAIN_MS };
      },
    };
  }

  /** Lets running requests end. */
  async close(): Promise<void> {
    await this.server.close();
    await this.surroundings.hostsFile?.set(HOSTS_OWNER, new Map());
  }

  /** What fails does not keep the rest from being done. Errors: the first failure. */
  private async settle(objects: ObjectAccess): Promise<void> {
    const done = await Promise.allSettled([this.settleCertificate(objects), this.settleRoutes(objects)]);
    const failed = done.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async settleRoutes(objects: ObjectAccess): Promise<void> {
    const { appsDomain } = this.options;
    const { hostsFile, onError } = this.surroundings;
    const routes = (await objects.list<Route>(ROUTES)).items;
    const claims = claimHosts(routes, { appsDomain, checkTls: (route) => this.refusalOf(route) });
    const facts = await this.serviceFacts(objects);
    const admitted = claims.filter(({ refusal }) => refusal === undefined);
    this.server.use(new RouteTable(admitted.map((claim) => servedRoute(claim, this.certificates, facts))));
    this.certificates.sweep();
    await hostsFile?.set(HOSTS_OWNER, this.namesOf(admitted)).catch(onError);
    await Promise.all(claims.map((claim) => writeStatus(claim, appsDomain, objects)));
  }

  private async settleCertificate(objects: ObjectAccess): Promise<void> {
    const { certificate, key } = await defaultCertificate(objects, this.options, new Date());
    if (this.shown === certificate) return;
    this.server.setCertificate({ cert: certificate, key });
    this.shown = certificate;
  }

  private refusalOf(route: Route) {
    const certificate = this.certificates.of(route);
    return 'refusal' in certificate ? certificate.refusal : undefined;
  }

  private async serviceFacts(objects: ObjectAccess): Promise<ServiceFacts> {
    const services = byKey((await objects.list<Service>('services')).items);
    const endpoints = byKey((await objects.list<KubeObject & Endpoints>('endpoints')).items);
    const authorities = new Map<string, string>();
    for (const [key, service] of services) {
      const name = servingSecretOf(service);
      const { namespace = '' } = service.metadata;
      const secret =
        name && (await objects.get<KubeObject & { data?: Record<string, string> }>('secrets', namespace, name));
      const ca = secret ? secret.data?.['ca.crt'] : undefined;
      if (ca) authorities.set(key, Buffer.from(ca, 'base64').toString());
    }
    const { authority } = this.options.certificates;
    return { services, endpoints, authority, authorityOf: (key) => authorities.get(key) };
  }

  /**
   * The hosts that this machine may find here. A user of a project may choose any host for a route, but must not thereby turn
   * this machine away from the real one.
   */
  private namesOf(admitted: readonly HostClaim[]): Map<string, string> {
    const { appsDomain } = this.options;
    const { host: bound } = parseAddress(this.addresses.secure);
    const address = isIP(bound) === 0 || bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound;
    const own = admitted.filter(
      ({ host, route }) => host.endsWith(`.${appsDomain}`) || isOfCluster(route.metadata.namespace ?? ''),
    );
    return new Map(own.map(({ host }) => [host, address]));
  }
}

function isOfTls(secret: KubeObject & { type?: string }): boolean {
  const { name, namespace } = secret.metadata;
  return secret.type === 'kubernetes.io/tls' || (namespace === INGRESS_NAMESPACE && name === DEFAULT_CERTIFICATE);
}

function byKey<T extends KubeObject>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [objectKey(object), object]));
}

async function writeStatus(claim: HostClaim, appsDomain: string, objects: ObjectAccess): Promise<void> {
  const { namespace = '', name = '', uid } = claim.route.metadata;
  if (routeStatus(claim, appsDomain, new Date()) === undefined) return;
  try {
    await objects.change<Route>(ROUTES, namespace, name, 'status', (route) => {
      if (route.metadata.uid !== uid) return route;
      const status = routeStatus({ ...claim, route }, appsDomain, new Date());
      return status === undefined ? route : { ...route, status };
    });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
