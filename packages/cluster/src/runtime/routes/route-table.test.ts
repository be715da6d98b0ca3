import { createSecureContext } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { backendOrder, RouteTable, type RoutedRequest, type RouteTarget, type ServedRoute } from './route-table.js';

const served = (host: string, more: Partial<ServedRoute> = {}): ServedRoute => ({
  host,
  path: '/',
  termination: 'edge',
  insecure: 'None',
  targets: [],
  ...more,
});
const plain = served('plain.test', { termination: undefined });
const edge = served('edge.test');
const shop = served('edge.test', { path: '/shop' });
const redirect = served('redirect.test', { termination: 'reencrypt', insecure: 'Redirect' });
const both = served('both.test', { insecure: 'Allow' });
const through = served('through.test', { termination: 'passthrough', insecure: 'Redirect' });
const table = new RouteTable([plain, edge, shop, redirect, both, through]);

describe('where a request goes', () => {
  it.each<[string, Partial<RoutedRequest>, unknown]>([
    ['by its host', { host: 'edge.test' }, edge],
    ['with a port', { host: 'edge.test:8443', serverName: 'edge.test' }, edge],
    ['in capitals, with the last dot', { host: 'EDGE.test.', serverName: 'Edge.Test' }, edge],
    ['by the longest path', { host: 'edge.test', path: '/shop' }, shop],
    ['below the path', { host: 'edge.test', path: '/shop/cart' }, shop],
    ['with a query', { host: 'edge.test', path: '/shop?a=1' }, shop],
    ['beside the path', { host: 'edge.test', path: '/shopping' }, edge],
    ['without a server name', { host: 'both.test' }, both],
    ['for another host than the connection', { host: 'both.test', serverName: 'edge.test' }, 421],
    ['for an unknown host', { host: 'other.test' }, 503],
    ['for a host without TLS', { host: 'plain.test' }, 503],
    ['for a host that is passed through', { host: 'through.test' }, 503],
    ['without a host', { host: '' }, 400],
    ['with a whole URL', { host: 'edge.test', path: 'http://edge.test/' }, 400],
    ['plain, for a host without TLS', { isSecure: false, host: 'plain.test' }, plain],
    ['plain, for a host with TLS alone', { isSecure: false, host: 'edge.test' }, 503],
    ['plain, for a host with both', { isSecure: false, host: 'both.test' }, both],
    ['plain, for a host that redirects', { isSecure: false, host: 'redirect.test:80' }, 'redirect.test'],
    ['plain, for a host that is passed through', { isSecure: false, host: 'through.test' }, 'through.test'],
  ])('%s', (_what, request, expected) => {
    const decision = table.decide({ isSecure: true, host: '', path: '/', ...request });
    const { do: what } = decision;
    expect(what === 'forward' ? decision.route : what === 'redirect' ? decision.host : decision.status).toBe(expected);
  });

  it('is passed through by the server name alone', () => {
    expect(table.passthrough('Through.test')).toBe(through);
    expect(table.passthrough('edge.test')).toBeUndefined();
    expect(table.passthrough(undefined)).toBeUndefined();
  });

  it('gets the certificate of its host', () => {
    const context = createSecureContext();
    const routes = new RouteTable([served('own.test', { context }), served('own.test', { path: '/x' }), edge]);
    expect(routes.context('OWN.test')).toBe(context);
    expect(routes.context('edge.test')).toBeUndefined();
  });
});

describe('the order of backends', () => {
  const target = (weight: number, ...ports: number[]): RouteTarget => ({
    weight,
    backends: ports.map((port) => ({ host: 'b', port })),
  });
  const order = (targets: RouteTarget[], ...draws: number[]) =>
    backendOrder(targets, () => draws.shift() ?? 0).map(({ port }) => port);

  it.each<[string, RouteTarget[], number[], number[]]>([
    ['begins at a place drawn', [target(1, 1, 2, 3)], [0, 0.4], [2, 3, 1]],
    ['draws services by weight', [target(1, 1), target(3, 2)], [0.3], [2, 1]],
    ['draws services by weight, the other way', [target(1, 1), target(3, 2)], [0.2], [1, 2]],
    ['leaves out those without weight', [target(0, 1), target(1, 2)], [], [2]],
    ['leaves out those without backends', [target(256), target(1, 2)], [0.99], [2]],
    ['may be empty', [target(1)], [], []],
  ])('%s', (_what, targets, draws, expected) => {
    expect(order(targets, ...draws)).toEqual(expected);
  });
});
