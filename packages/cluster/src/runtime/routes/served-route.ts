import type { KubeObject } from '@longshore/kube';
import type { Endpoints, EndpointPort } from 'kubernetes-types/core/v1.js';
import type { Service } from '../../kinds/core/service.js';
import type { Route } from '../../kinds/openshift/route.js';
import type { RouteTarget as TargetReference, RouteTls } from '../../kinds/openshift/route-validation.js';
import { backendsOf } from '../services/backend.js';
import type { HostClaim } from './host-claims.js';
import type { RouteCertificates } from './route-certificate.js';
import type { BackendTrust, RouteTarget, ServedRoute } from './route-table.js';

/** What is known of the services of the cluster, each by `namespace/name`. */
export interface ServiceFacts {
  services: ReadonlyMap<string, Service>;
  endpoints: ReadonlyMap<string, KubeObject & Endpoints>;
  /** PEM: who vouches for a service, where it is known. */
  authorityOf: (service: string) => string | undefined;
  /** PEM: who vouches for all others. */
  authority: string;
}

const SERVING_CERTIFICATE = ['service.beta.openshift.io', 'service.alpha.openshift.io'].map(
  (prefix) => `${prefix}/serving-cert-secret-name`,
);
const DEFAULT_WEIGHT = 100;

/** The secret with the serving certificate of a service (OpenShift's service CA), which tells who vouches for it, too. */
export function servingSecretOf({ metadata }: Service): string | undefined {
  return SERVING_CERTIFICATE.map((name) => metadata.annotations?.[name]).find((name) => name !== undefined);
}

/** A route that was admitted, with the pods behind it. */
export function servedRoute(
  { route, host }: HostClaim,
  certificates: Pick<RouteCertificates, 'of'>,
  facts: ServiceFacts,
): ServedRoute {
  const { tls, path, to, alternateBackends = [] } = route.spec;
  const certificate = certificates.of(route);
  const context = 'context' in certificate ? certificate.context : undefined;
  return {
    host,
    path: path || '/',
    termination: tls?.termination as ServedRoute['termination'],
    insecure: (tls?.insecureEdgeTerminationPolicy || 'None') as ServedRoute['insecure'],
    ...(context && { context }),
    targets: [to, ...alternateBackends].map((target) => targetOf(route, target, facts)),
  };
}

function targetOf({ metadata, spec }: Route, { name = '', weight }: TargetReference, facts: ServiceFacts): RouteTarget {
  const key = `${metadata.namespace}/${name}`;
  const service = facts.services.get(key);
  const isWanted = portFilter(spec.port?.targetPort, service);
  const trust = spec.tls?.termination === 'reencrypt' ? trustOf(spec.tls, key, facts) : undefined;
  const backends = service === undefined ? [] : backendsOf(facts.endpoints.get(key), isWanted);
  return {
    weight: weight ?? DEFAULT_WEIGHT,
    backends: backends.map((backend) => ({ ...backend, ...(trust && { trust }) })),
  };
}

/** A port of the pods by number, or of the service by name; the first of the service when the route names none. */
function portFilter(
  wanted: number | string | undefined,
  service: Service | undefined,
): (port: EndpointPort) => boolean {
  const name = wanted ?? service?.spec.ports?.[0]?.name ?? '';
  return (port) =>
    (port.protocol ?? 'TCP') === 'TCP' && (typeof name === 'number' ? port.port : (port.name ?? '')) === name;
}

/** With an authority of the route's own any name will do: such services have certificates for their outside names. */
function trustOf({ destinationCACertificate: own }: RouteTls, key: string, facts: ServiceFacts): BackendTrust {
  if (own) return { ca: own };
  const [namespace, name] = key.split('/');
  return { ca: facts.authorityOf(key) ?? facts.authority, name: `${name}.${namespace}.svc` };
}
