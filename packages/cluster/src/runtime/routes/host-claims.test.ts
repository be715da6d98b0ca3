import { describe, expect, it } from 'vitest';
import type { Route } from '../../kinds/openshift/route.js';
import { claimHosts, type Refusal } from './host-claims.js';

interface Given {
  name: string;
  namespace?: string;
  at?: number;
  host?: string;
  subdomain?: string;
  path?: string;
  isServed?: boolean;
  wildcardPolicy?: string;
  uid?: string;
  isEnding?: boolean;
}

const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
function route({
  name,
  namespace = 'a',
  at = 0,
  isServed = false,
  uid = name,
  isEnding = false,
  ...spec
}: Given): Route {
  const conditions = [{ type: 'Admitted', status: isServed ? 'True' : 'False' }];
  return {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: time(at),
      ...(isEnding && { deletionTimestamp: time(at) }),
    },
    spec: { to: { kind: 'Service', name: 'web' }, ...spec },
    status: { ingress: [{ routerName: 'default', conditions }] },
  };
}

const BAD: Refusal = { reason: 'ExtendedValidationFailed', message: 'bad' };
const checkTls = ({ metadata }: Route) => (metadata.name === 'bad' ? BAD : undefined);
const claims = (...given: Given[]) =>
  claimHosts(given.map(route), { appsDomain: 'apps.test', checkTls }).map(
    ({ route: { metadata }, host, refusal }) => `${metadata.name} ${host} ${refusal?.reason ?? 'yes'}`,
  );

describe('the hosts of routes', () => {
  it.each<[string, Given[], string[]]>([
    ['one route', [{ name: 'x', host: 'H.test' }], ['x h.test yes']],
    ['a subdomain', [{ name: 'x', subdomain: 'web' }], ['x web.apps.test yes']],
    ['no host', [{ name: 'x' }], ['x  NoHostValue']],
    ['a wildcard', [{ name: 'x', host: 'h', wildcardPolicy: 'Subdomain' }], ['x h RouteNotAdmitted']],
    [
      'an unusable certificate',
      [
        { name: 'bad', host: 'h' },
        { name: 'x', host: 'h', at: 1 },
      ],
      ['bad h ExtendedValidationFailed', 'x h yes'],
    ],
    [
      'two routes: the older one',
      [
        { name: 'x', host: 'h', at: 2 },
        { name: 'y', host: 'h', at: 1 },
      ],
      ['y h yes', 'x h HostAlreadyClaimed'],
    ],
    [
      'the same second: the one that is served',
      [
        { name: 'x', host: 'h', uid: '1' },
        { name: 'y', host: 'h', uid: '2', isServed: true },
      ],
      ['y h yes', 'x h HostAlreadyClaimed'],
    ],
    [
      'other paths of one namespace',
      [
        { name: 'x', host: 'h' },
        { name: 'y', host: 'h', path: '/y', at: 1 },
      ],
      ['x h yes', 'y h yes'],
    ],
    [
      'other paths of another namespace',
      [
        { name: 'x', host: 'h', path: '/x' },
        { name: 'y', namespace: 'b', host: 'h', path: '/y', at: 1 },
      ],
      ['x h yes', 'y h HostAlreadyClaimed'],
    ],
    [
      'the root path and none',
      [
        { name: 'x', host: 'h' },
        { name: 'y', host: 'h', path: '/', at: 1 },
      ],
      ['x h yes', 'y h HostAlreadyClaimed'],
    ],
    [
      'one that ends',
      [
        { name: 'x', host: 'h', isEnding: true },
        { name: 'y', host: 'h', at: 1 },
      ],
      ['y h yes'],
    ],
  ])('%s', (_what, given, expected) => {
    expect(claims(...given)).toEqual(expected);
    expect(claims(...[...given].reverse())).toEqual(expected);
  });

  it('names who holds a host, unless that is of another namespace', () => {
    const second = (namespace: string) =>
      claimHosts(
        [
          { name: 'x', host: 'h' },
          { name: 'y', host: 'h', at: 1, namespace },
        ].map(route),
        {
          appsDomain: '',
          checkTls,
        },
      )[1]?.refusal?.message;
    expect(second('a')).toBe('route x already exposes h and is older');
    expect(second('b')).toBe('a route in another namespace holds h and is older than y');
  });
});
