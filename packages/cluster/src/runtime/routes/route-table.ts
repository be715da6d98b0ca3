import type { SecureContext } from 'node:tls';
import type { Backend } from '../services/backend.js';

/** How the router speaks TLS to a backend. */
export interface BackendTrust {
  /** PEM: who vouches for it. */
  ca: string;
  /** The name that its certificate must have; undefined when any name will do. */
  name?: string;
}

export interface RouteBackend extends Backend {
  /** Undefined when the router speaks no TLS to it. */
  trust?: BackendTrust;
}

/** A service behind a route. */
export interface RouteTarget {
  weight: number;
  backends: readonly RouteBackend[];
}

/** A route that is served. */
export interface ServedRoute {
  /** Lower case. */
  host: string;
  /** Begins with a slash. */
  path: string;
  /** Undefined: without TLS. */
  termination: 'edge' | 'passthrough' | 'reencrypt' | undefined;
  /** What requests without TLS get. */
  insecure: 'None' | 'Allow' | 'Redirect';
  /** The certificate that it brings. */
  context?: SecureContext;
  targets: readonly RouteTarget[];
}

/** A request, or the part of it that tells where it goes. */
export interface RoutedRequest {
  /** The server name of TLS (RFC 6066); undefined when the client names none. */
  serverName?: string;
  isSecure: boolean;
  /** As the client sent it. */
  host: string;
  /** With the query. */
  path: string;
}

export type RouteDecision =
  | { do: 'forward'; route: ServedRoute }
  /** To the same path of the host with TLS. */
  | { do: 'redirect'; host: string }
  | { do: 'refuse'; status: 400 | 421 | 503; message: string };

/** Which route a connection or a request belongs to. */
export class RouteTable {
  private readonly byHost = new Map<string, ServedRoute[]>();

  constructor(routes: readonly ServedRoute[]) {
    const longestFirst = [...routes].sort((a, b) => b.path.length - a.path.length);
    for (const route of longestFirst) this.byHost.set(route.host, [...this.of(route.host), route]);
  }

  /** The route whose backends speak TLS themselves under this name. */
  passthrough(serverName: string | undefined): ServedRoute | undefined {
    return this.of(hostOf(serverName)).find(({ termination }) => termination === 'passthrough');
  }

  /** The certificate for a name; undefined for that of the router. */
  context(serverName: string): SecureContext | undefined {
    return this.of(hostOf(serverName)).find(({ context }) => context !== undefined)?.context;
  }

  /** What to do with a request. */
  decide({ serverName, isSecure, host: sent, path }: RoutedRequest): RouteDecision {
    const host = hostOf(sent);
    if (host === '' || !path.startsWith('/')) {
      return { do: 'refuse', status: 400, message: 'the request names no host or no path' };
    }
    // A connection for one host is not good for another one (RFC 9110, 15.5.20).
    if (serverName !== undefined && hostOf(serverName) !== host) {
      return {
        do: 'refuse',
        status: 421,
        message: `the connection is for ${hostOf(serverName)}, the request for ${host}`,
      };
    }
    const route = this.of(host).find(
      (one) => isBelow(path, one.path) && (isSecure ? isTerminated(one) : takesPlain(one)),
    );
    if (route === undefined) {
      return {
        do: 'refuse',
        status: 503,
        message: `no route of this cluster serves ${host} ${isSecure ? 'with' : 'without'} TLS`,
      };
    }
    if (!isSecure && route.insecure === 'Redirect') return { do: 'redirect', host };
    return { do: 'forward', route };
  }

  private of(host: string): ServedRoute[] {
    return this.byHost.get(host) ?? [];
  }
}

/** Of `Host` headers and server names: without a port and a last dot, in lower case. */
function hostOf(name = ''): string {
  return name
    .replace(/:\d{0,5}$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isTerminated({ termination }: ServedRoute): boolean {
  return termination === 'edge' || termination === 'reencrypt';
}

function takesPlain({ termination, insecure }: ServedRoute): boolean {
  return termination === undefined || insecure !== 'None';
}

/** `/a` is above `/a` and `/a/b`, not above `/ab`. */
function isBelow(path: string, above: string): boolean {
  if (!path.startsWith(above)) return false;
  const next = path[above.length];
  return above.endsWith('/') || next === undefined || next === '/' || next === '?';
}

/**
 * The backends in the order in which a connection tries them: those of a service drawn by weight first, each service's
 * beginning at a place drawn, too. `draw`: from 0 to 1, without 1.
 */
export function backendOrder(targets: readonly RouteTarget[], draw: () => number): RouteBackend[] {
  const left = targets.filter(({ weight, backends }) => weight > 0 && backends.length > 0);
  const order: RouteBackend[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    let at = draw() * total;
    const chosen = left.findIndex(({ weight }) => (at -= weight) < 0);
    const [{ backends }] = left.splice(Math.max(chosen, 0), 1) as [RouteTarget];
    const first = Math.floor(draw() * backends.length);
    order.push(...backends.slice(first), ...backends.slice(0, first));
  }
  return order;
}
