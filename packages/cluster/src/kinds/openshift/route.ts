import { forbiddenField, invalidValue, s, type ResourceDefinition, type WriteContext } from '@longshore/apiserver';
import { checkDnsLabel, forbidden, type KubeObject, type StatusCause } from '@longshore/kube';
import { FIELD_IMMUTABLE, problems } from '../checks.js';
import { column } from '../columns.js';
import { localObjectReference } from '../core/references.js';
import type { KindHooks } from '../hooks.js';
import { defineKind } from '../kind.js';
import { checkRoute, type RouteSpec } from './route-validation.js';

export interface RouteIngress {
  host?: string;
  routerName?: string;
  routerCanonicalHostname?: string;
  wildcardPolicy?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
}

export type Route = KubeObject & { spec: RouteSpec; status?: { ingress?: RouteIngress[] } };

const ROUTE = 'com.github.openshift.api.route.v1';
const HOST_GENERATED = 'openshift.io/host.generated';

function setDefaults({ spec, status }: Route): void {
  if (spec?.tls && !spec.tls.termination && !spec.tls.destinationCACertificate) spec.tls.termination = 'edge';
  for (const ingress of status?.ingress ?? []) ingress.wildcardPolicy ||= 'None';
}

async function mayChoose(hooks: KindHooks, { user }: WriteContext, { metadata }: Route): Promise<boolean> {
  return (await hooks.mayChooseRouteHost?.(user, metadata.namespace ?? '')) ?? true;
}

async function chooseHost(route: Route, hooks: KindHooks, context: WriteContext): Promise<void> {
  const { metadata, spec } = route;
  if (!spec) return;
  const chosen = spec.host || spec.subdomain;
  if (chosen && !(await mayChoose(hooks, context, route))) {
    const { message } = forbiddenField('spec.host', 'you do not have permission to set the host field of the route');
    throw forbidden({ group: 'route.openshift.io', resource: 'routes' }, metadata.name ?? '', `spec.host: ${message}`);
  }
  if (chosen) return;
  const host = hooks.defaultRouteHost?.(route);
  if (host === undefined) return;
  spec.host = host;
  metadata.annotations = { ...metadata.annotations, [HOST_GENERATED]: 'true' };
}

async function checkHostKept(
  route: Route,
  old: Route,
  hooks: KindHooks,
  context: WriteContext,
): Promise<StatusCause[]> {
  if (route.spec.host === old.spec.host || (await mayChoose(hooks, context, route))) return [];
  return [invalidValue('spec.host', route.spec.host, FIELD_IMMUTABLE)];
}

const target = s.shared(`${ROUTE}.RouteTargetReference`, 'A service, and how much it gets.', {
  kind: s.string('Service.').default('Service'),
  name: s.string('Its name.'),
  weight: s.int32('Its share: 0 to 256.').default(100),
});

const routeCondition = s.shared(`${ROUTE}.RouteIngressCondition`, 'One aspect of the state.', {
  lastTransitionTime: s.time('When the status changed last.'),
  message: s.string('The reason in words.'),
  reason: s.string('The reason in one word.'),
  status: s.string('True, False or Unknown.'),
  type: s.string('Admitted, UnservableInFutureVersions.'),
});

const specField = s
  .shared(`${ROUTE}.RouteSpec`, 'Which requests go where.', {
    alternateBackends: s.listOf(target, 'Further services that share the requests.').atomic(),
    host: s.string('The host; default: made from name and namespace.'),
    httpHeaders: s.object('What is changed in headers.', {
      actions: s.object('The changes.', {
        request: s.listOf(s.anyObject(''), 'Of requests.').with({ 'x-kubernetes-list-type': 'atomic' }),
        response: s.listOf(s.anyObject(''), 'Of answers.').with({ 'x-kubernetes-list-type': 'atomic' }),
      }),
    }),
    path: s.string('Only requests whose path begins so.'),
    port: s.shared(`${ROUTE}.RoutePort`, 'The port.', {
      targetPort: s.intOrString('The port of the pods, or its name in the service.'),
    }),
    subdomain: s.string('The host without the domain of the router.'),
    tls: s.shared(`${ROUTE}.TLSConfig`, 'How requests are encrypted.', {
      caCertificate: s.string('Certificates of the authorities, in PEM.'),
      certificate: s.string('The certificate, in PEM.'),
      destinationCACertificate: s.string('Whom to trust behind the router, in PEM.'),
      externalCertificate: localObjectReference.describe('A secret with the certificate. Not served.'),
      insecureEdgeTerminationPolicy: s.string('None, Allow or Redirect: what plain requests get.'),
      key: s.string('The key, in PEM.'),
      termination: s.string('edge, passthrough or reencrypt.'),
    }),
    to: target.describe('The service.'),
    wildcardPolicy: s.string('None (default) or Subdomain.').default('None').values('None', 'Subdomain'),
  })
  .describe('Which requests go where.')
  .required();

const statusField = s.shared(`${ROUTE}.RouteStatus`, 'How it is.', {
  ingress: s
    .listOf(
      s.shared(`${ROUTE}.RouteIngress`, 'A router that serves it.', {
        conditions: s.listOf(routeCondition, 'Its conditions.').mergeBy('type'),
        host: s.string('The host.'),
        routerCanonicalHostname: s.string('The host of the router.'),
        routerName: s.string('The router.'),
        wildcardPolicy: s.string('The policy.'),
      }),
      'Routers that serve it.',
    )
    .atomic(),
});

export function routes(hooks: KindHooks): ResourceDefinition {
  return defineKind<Route>({
    group: 'route.openshift.io',
    version: 'v1',
    kind: 'Route',
    plural: 'routes',
    categories: ['all'],
    description: 'A host name, and possibly a path, under which a service is reached from outside.',
    fields: {
      spec: specField,
      status: statusField,
    },
    columns: [
      column('Host', hostText),
      column(
        'Admitted',
        ({ status }) => status?.ingress?.[0]?.conditions?.find(({ type }) => type === 'Admitted')?.status,
      ),
      column('Service', ({ spec }) => spec.to.name ?? ''),
      column('TLS', ({ spec }) => spec.tls?.termination ?? ''),
    ],
    selectableFields: {
      'spec.path': ({ spec }) => spec.path ?? '',
      'spec.host': ({ spec }) => spec.host ?? '',
      'spec.to.name': ({ spec }) => spec.to.name ?? '',
    },
    stored: {
      generation: false,
      setDefaults,
      prepareForCreate: (route, context) => chooseHost(route, hooks, context),
      prepareForUpdate: (route, old) => {
        // A client that leaves the host out means the one that there is.
        if (route.spec) route.spec.host ||= old.spec.host;
      },
      validate: ({ metadata, spec }) => [
        ...(spec.host ? [] : problems('metadata.name', metadata.name ?? '', checkDnsLabel(metadata.name ?? ''))),
        ...checkRoute(spec),
      ],
      validateUpdate: (route, old, context) => checkHostKept(route, old, hooks, context),
    },
  });
}

function hostText({ spec, status }: Route): string {
  const admitted = status?.ingress?.find(({ conditions = [] }) =>
    conditions.some(({ type, status: is }) => type === 'Admitted' && is === 'True'),
  );
  return admitted?.host ?? spec.host ?? '';
}
