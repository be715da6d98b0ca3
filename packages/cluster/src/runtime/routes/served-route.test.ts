import { describe, expect, it } from 'vitest';
import type { Service } from '../../kinds/core/service.js';
import type { Route } from '../../kinds/openshift/route.js';
import type { RouteSpec } from '../../kinds/openshift/route-validation.js';
import { servedRoute, servingSecretOf, type ServiceFacts } from './served-route.js';

const service = (annotations: Record<string, string> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec: {
    ports: [
      { name: 'main', port: 80 },
      { name: 'admin', port: 81 },
    ],
  },
});
const subsets = [
  {
    addresses: [{ ip: '1' }, { ip: '2' }],
    notReadyAddresses: [{ ip: '3' }],
    ports: [
      { name: 'main', port: 8080 },
      { name: 'admin', port: 8081 },
      { name: 'main', port: 8082, protocol: 'UDP' },
    ],
  },
];
const facts: ServiceFacts = {
  services: new Map([['shop/web', service()]]),
  endpoints: new Map([['shop/web', { apiVersion: 'v1', kind: 'Endpoints', metadata: {}, subsets }]]),
  authority: 'CLUSTER',
  authorityOf: (key) => (key === 'shop/signed' ? 'OWN' : undefined),
};

function served(spec: Partial<RouteSpec>, more: Partial<ServiceFacts> = {}) {
  const route: Route = {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: { name: 'r', namespace: 'shop' },
    spec: { to: { kind: 'Service', name: 'web' }, ...spec },
  };
  return servedRoute({ route, host: 'h.test' }, { of: () => ({}) }, { ...facts, ...more });
}
const ports = (spec: Partial<RouteSpec>) =>
  served(spec).targets[0]?.backends.map(({ host, port }) => `${host}:${port}`);

describe('the backends of a route', () => {
  it.each<[string, Partial<RouteSpec>, string[]]>([
    ['the first port of the service', {}, ['1:8080', '2:8080']],
    ['a port by the name in the service', { port: { targetPort: 'admin' } }, ['1:8081', '2:8081']],
    ['a port of the pods by number', { port: { targetPort: 8081 } }, ['1:8081', '2:8081']],
    ['a port that nobody has', { port: { targetPort: 'none' } }, []],
    ['a service that is not there', { to: { kind: 'Service', name: 'none' } }, []],
  ])('%s', (_what, spec, expected) => {
    expect(ports(spec)).toEqual(expected);
  });

  it('are of several services, with their weights', () => {
    const alternateBackends = [{ kind: 'Service', name: 'none', weight: 5 }];
    const { targets } = served({ to: { kind: 'Service', name: 'web', weight: 0 }, alternateBackends });
    expect(targets.map(({ weight, backends }) => [weight, backends.length])).toEqual([
      [0, 2],
      [5, 0],
    ]);
    expect(served({}).targets[0]?.weight).toBe(100);
  });
});

describe('whom a route trusts behind it', () => {
  const trust = (tls: RouteSpec['tls'], name = 'web') => {
    const known = { services: new Map([[`shop/${name}`, service()]]), endpoints: new Map(facts.endpoints) };
    known.endpoints.set(`shop/${name}`, { apiVersion: 'v1', kind: 'Endpoints', metadata: {}, subsets });
    return served({ ...(tls && { tls }), to: { kind: 'Service', name } }, known).targets[0]?.backends[0]?.trust;
  };

  it.each<[string, RouteSpec['tls'], string, unknown]>([
    ['nobody without TLS', undefined, 'web', undefined],
    ['nobody with edge', { termination: 'edge' }, 'web', undefined],
    ['the cluster', { termination: 'reencrypt' }, 'web', { ca: 'CLUSTER', name: 'web.shop.svc' }],
    ['who signed for the service', { termination: 'reencrypt' }, 'signed', { ca: 'OWN', name: 'signed.shop.svc' }],
    ['whom it names', { termination: 'reencrypt', destinationCACertificate: 'HIS' }, 'signed', { ca: 'HIS' }],
  ])('%s', (_what, tls, name, expected) => {
    expect(trust(tls, name)).toEqual(expected);
  });

  it('is told by the secret of the serving certificate', () => {
    const [beta, alpha] = ['beta', 'alpha'].map((of) => `service.${of}.openshift.io/serving-cert-secret-name`) as [
      string,
      string,
    ];
    expect(servingSecretOf(service())).toBeUndefined();
    expect(servingSecretOf(service({ [alpha]: 'a' }))).toBe('a');
    expect(servingSecretOf(service({ [alpha]: 'a', [beta]: 'b' }))).toBe('b');
  });
});

describe('a route', () => {
  it.each<[Partial<RouteSpec>, object]>([
    [{}, { path: '/', termination: undefined, insecure: 'None' }],
    [
      { path: '/a', tls: { termination: 'edge' } },
      { path: '/a', termination: 'edge', insecure: 'None' },
    ],
    [
      { tls: { termination: 'passthrough', insecureEdgeTerminationPolicy: 'Redirect' } },
      { termination: 'passthrough', insecure: 'Redirect' },
    ],
  ])('%j', (spec, expected) => {
    expect(served(spec)).toMatchObject({ host: 'h.test', ...expected });
  });
});
