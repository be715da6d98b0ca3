import type { KubeObject } from '@longshore/kube';
import type { ConfigSpec, RouteRequest } from '../config/config.js';
import type { Failure } from '../failure.js';
import { DEFAULT_ROUTE, NAMESPACE, OWNED, PORT, REGISTRY, RESOURCES } from '../names.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import type { Secret } from './secrets.js';

export interface RouteDecision {
  wanted: Wanted[];
  failures: Failure[];
  nextSteps: string[];
}

/** Ways to the registry from outside: Routes where the cluster has them, else Ingresses (operator.md 4.2 and 8). */
export function registryRoutes(spec: ConfigSpec, snapshot: Snapshot): RouteDecision {
  const requests = [...(spec.defaultRoute === true ? [{ name: DEFAULT_ROUTE }] : []), ...(spec.routes ?? [])];
  const decide = snapshot.serves(RESOURCES.routes) ? route : ingress;
  const decisions = requests.map((request) => decide(request, snapshot));
  return {
    wanted: decisions.flatMap(({ wanted }) => wanted),
    failures: decisions.flatMap(({ failures }) => failures),
    nextSteps: decisions.flatMap(({ nextSteps }) => nextSteps),
  };
}

/** Routes and Ingresses that the operator made for wishes of the past. */
export function obsoleteRoutes({ defaultRoute, routes = [] }: ConfigSpec, snapshot: Snapshot): Wanted[] {
  const names = new Set([...(defaultRoute === true ? [DEFAULT_ROUTE] : []), ...routes.map(({ name }) => name)]);
  return ownRoutes(snapshot).filter(({ object }) => !names.has(object.metadata.name ?? ''));
}

/** Routes and Ingresses with the operator's mark. */
export function ownRoutes(snapshot: Snapshot): Wanted[] {
  return [RESOURCES.routes, RESOURCES.ingresses].flatMap((type) =>
    snapshot
      .list(type, NAMESPACE)
      .filter(({ metadata }) => metadata.annotations?.[OWNED] === 'true')
      .map((object) => ({ type, object })),
  );
}

function route(request: RouteRequest, snapshot: Snapshot): RouteDecision {
  const { name, hostname = '', secretName = '' } = request;
  const secret = secretName === '' ? undefined : snapshot.find<Secret>(RESOURCES.secrets, secretName, NAMESPACE);
  if (secretName !== '' && secret === undefined) {
    const failed = `failed to create object *v1.Route, Namespace=${NAMESPACE}, Name=${name}`;
    const message = `unable to apply objects: ${failed}: secret "${secretName}" not found`;
    const remedy = `make the secret: kubectl create secret tls ${secretName} --cert=tls.crt --key=tls.key -n ${NAMESPACE}`;
    return { wanted: [], failures: [{ message }], nextSteps: [remedy] };
  }
  const spec = {
    ...(hostname !== '' && { host: hostname }),
    to: { kind: 'Service', name: REGISTRY },
    tls: { termination: 'reencrypt', ...certificateOf(secret) },
  };
  const object = { apiVersion: 'route.openshift.io/v1', kind: 'Route', metadata: metadataOf(name), spec };
  return { wanted: [{ type: RESOURCES.routes, object }], failures: [], nextSteps: [] };
}

const metadataOf = (name: string): KubeObject['metadata'] => ({
  name,
  namespace: NAMESPACE,
  annotations: { [OWNED]: 'true' },
});

const CERTIFICATE_KEYS = [
  ['certificate', 'tls.crt'],
  ['key', 'tls.key'],
  ['caCertificate', 'tls.cacrt'],
] as const;

function certificateOf(secret: Secret | undefined): Record<string, string> {
  const values = CERTIFICATE_KEYS.flatMap(([field, key]): [string, string][] => {
    const data = secret?.data?.[key];
    return data === undefined ? [] : [[field, Buffer.from(data, 'base64').toString()]];
  });
  return Object.fromEntries(values);
}

/** Ingress controllers speak TLS to the registry, and let uploads of any size through, where they know these annotations. */
const INGRESS_ANNOTATIONS = {
  'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
  'nginx.ingress.kubernetes.io/proxy-body-size': '0',
};

function ingress({ name, hostname = '', secretName = '' }: RouteRequest): RouteDecision {
  if (hostname === '') {
    const step = `this cluster has no routes, and an Ingress needs a host: name it in spec.routes instead of ${name}`;
    return { wanted: [], failures: [], nextSteps: [step] };
  }
  const { annotations, ...metadata } = metadataOf(name);
  const backend = { service: { name: REGISTRY, port: { number: PORT } } };
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata, annotations: { ...annotations, ...INGRESS_ANNOTATIONS } },
    spec: {
      rules: [{ host: hostname, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      ...(secretName !== '' && { tls: [{ hosts: [hostname], secretName }] }),
    },
  };
  return { wanted: [{ type: RESOURCES.ingresses, object }], failures: [], nextSteps: [] };
}
