import { formatTime, jsonEqual } from '@longshore/kube';
import type { Route, RouteIngress } from '../../kinds/openshift/route.js';
import type { HostClaim } from './host-claims.js';

/** The name of the router that every OpenShift cluster has. */
const ROUTER = 'default';

/**
 * The status of a route as this router sees it; what others wrote stays. Undefined when it says so already
 * (route.openshift.io, `RouteIngress`).
 */
export function routeStatus({ route, host, refusal }: HostClaim, appsDomain: string, now: Date): Route['status'] {
  const known = route.status?.ingress ?? [];
  const own = known.find(({ routerName }) => routerName === ROUTER);
  const status = refusal === undefined ? 'True' : 'False';
  const before = own?.conditions?.find(({ type }) => type === 'Admitted');
  const lastTransitionTime = before?.status === status && before.lastTransitionTime;
  const ingress: RouteIngress = {
    ...(host !== '' && { host }),
    routerName: ROUTER,
    routerCanonicalHostname: `router-${ROUTER}.${appsDomain}`,
    wildcardPolicy: route.spec.wildcardPolicy ?? 'None',
    conditions: [{ type: 'Admitted', status, ...refusal, lastTransitionTime: lastTransitionTime || formatTime(now) }],
  };
  if (own !== undefined && jsonEqual(own, ingress)) return undefined;
  return { ingress: own === undefined ? [...known, ingress] : known.map((one) => (one === own ? ingress : one)) };
}
