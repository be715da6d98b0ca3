import type { Route } from '../../kinds/openshift/route.js';

/** Why a router does not serve a route: `reason` and `message` of its condition. */
export interface Refusal {
  reason: string;
  message: string;
}

export interface HostClaim {
  route: Route;
  /** Empty when the route has none. */
  host: string;
  refusal?: Refusal;
}

export interface ClaimOptions {
  /** Of the router: `spec.subdomain` is below it. */
  appsDomain: string;
  /** What is wrong with the certificates of a route. */
  checkTls: (route: Route) => Refusal | undefined;
}

/**
 * Who may serve which host: of two routes with the same host and path the older one, and all routes of a host are of the
 * namespace that had it first (the host admission of OpenShift's router). Routes that cannot be served claim nothing.
 */
export function claimHosts(routes: readonly Route[], { appsDomain, checkTls }: ClaimOptions): HostClaim[] {
  const owners = new Map<string, string>();
  const holders = new Map<string, string>();
  return byAge(routes.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).map((route) => {
    const { spec, metadata } = route;
    const host = (spec.host || (spec.subdomain ? `${spec.subdomain}.${appsDomain}` : '')).toLowerCase();
    const { name = '', namespace = '' } = metadata;
    const unusable = host === '' ? NO_HOST : spec.wildcardPolicy === 'Subdomain' ? NO_WILDCARDS : checkTls(route);
    if (unusable !== undefined) return { route, host, refusal: unusable };
    const owner = owners.get(host) ?? namespace;
    const place = `${host}${spec.path || '/'}`;
    const holder = holders.get(place);
    if (owner !== namespace) {
      return { route, host, refusal: claimed(`a route in another namespace holds ${host} and is older than ${name}`) };
    }
    if (holder !== undefined) {
      return { route, host, refusal: claimed(`route ${holder} already exposes ${host} and is older`) };
    }
    owners.set(host, namespace);
    holders.set(place, name);
    return { route, host };
  });
}

const NO_HOST: Refusal = { reason: 'NoHostValue', message: 'no host value was defined for the route' };
const NO_WILDCARDS: Refusal = { reason: 'RouteNotAdmitted', message: 'wildcard routes are not allowed' };
const claimed = (message: string): Refusal => ({ reason: 'HostAlreadyClaimed', message });

/** Times have whole seconds: of routes of the same second the one that is served already keeps its host. */
function byAge(routes: readonly Route[]): Route[] {
  const keys = new Map(routes.map((route) => [route, ageKey(route)]));
  return [...routes].sort((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
}

function ageKey({ metadata, status }: Route): string {
  const isServed = status?.ingress?.some(({ conditions = [] }) =>
    conditions.some(({ type, status: is }) => type === 'Admitted' && is === 'True'),
  );
  return `${metadata.creationTimestamp ?? ''} ${isServed ? 0 : 1} ${metadata.uid ?? ''}`;
}
