import { describe, expect, it } from 'vitest';
import type { Route } from '../../kinds/openshift/route.js';
import { routeStatus } from './route-status.js';

const now = new Date('2026-01-02T03:04:05Z');
const later = new Date('2026-01-02T04:00:00Z');
const route = (status?: Route['status']): Route => ({
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { name: 'x' },
  spec: { to: { kind: 'Service', name: 'web' } },
  ...(status && { status }),
});
const refusal = { reason: 'HostAlreadyClaimed', message: 'taken' };

describe('the status of a route', () => {
  const admitted = routeStatus({ route: route(), host: 'h.test' }, 'apps.test', now);

  it('tells that it is admitted', () => {
    expect(admitted).toEqual({
      ingress: [
        {
          host: 'h.test',
          routerName: 'default',
          routerCanonicalHostname: 'router-default.apps.test',
          wildcardPolicy: 'None',
          conditions: [{ type: 'Admitted', status: 'True', lastTransitionTime: '2026-01-02T03:04:05Z' }],
        },
      ],
    });
  });

  it('is not written again', () => {
    expect(routeStatus({ route: route(admitted), host: 'h.test' }, 'apps.test', later)).toBeUndefined();
  });

  it('tells why it is not admitted, and since when', () => {
    const refused = routeStatus({ route: route(admitted), host: 'h.test', refusal }, 'apps.test', later);
    expect(refused?.ingress?.[0]?.conditions).toEqual([
      { type: 'Admitted', status: 'False', ...refusal, lastTransitionTime: '2026-01-02T04:00:00Z' },
    ]);
    const other = { ...refusal, message: 'still taken' };
    const again = routeStatus({ route: route(refused), host: 'h.test', refusal: other }, 'apps.test', now);
    expect(again?.ingress?.[0]?.conditions?.[0]).toMatchObject({
      message: 'still taken',
      lastTransitionTime: '2026-01-02T04:00:00Z',
    });
  });

  it('leaves that of other routers alone', () => {
    const other = { routerName: 'other', host: 'o.test' };
    const status = routeStatus({ route: route({ ingress: [other] }), host: 'h.test' }, 'apps.test', now);
    expect(status?.ingress?.map(({ routerName }) => routerName)).toEqual(['other', 'default']);
    expect(status?.ingress?.[0]).toBe(other);
  });
});
