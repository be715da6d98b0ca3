import { describe, expect, it } from 'vitest';
import type { Service } from '../../kinds/core/service.js';
import { podOf, type PodState } from '../testing/pods.js';
import { endpointSubsets, serviceEndpoints, sliceContent } from './service-endpoints.js';

const service = (spec: object = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { app: 'web' },
    ports: [{ name: 'main', port: 80, targetPort: 'http' }],
    ...spec,
  },
});
const labels = { app: 'web' };
const ports = [{ name: 'http', containerPort: 8080 }];
const ready: PodState = { labels, ports, isReady: true };

const endpoints = (pods: Record<string, PodState>, spec: object = {}) =>
  serviceEndpoints(
    service(spec),
    Object.entries(pods).map(([name, state]) => podOf(name, state)),
  );

describe('the endpoints of a service', () => {
  it.each<[string, PodState, object, string[]]>([
    ['a pod that is ready', { ...ready, ip: '1' }, {}, ['1 main:8080 ready']],
    ['a pod that is not ready', { ...ready, ip: '1', isReady: false }, {}, ['1 main:8080']],
    [
      'a pod that is not ready, and shown',
      { labels, ports, ip: '1' },
      { publishNotReadyAddresses: true },
      ['1 main:8080 ready'],
    ],
    ['a pod that ends', { ...ready, ip: '1', isEnding: true }, {}, ['1 main:8080 ends']],
    ['a pod that has ended', { ...ready, ip: '1', phase: 'Succeeded' }, {}, []],
    ['a pod without an address', ready, {}, []],
    ['a pod with other labels', { ...ready, ip: '1', labels: { app: 'other' } }, {}, []],
    ['a service without selector', { ...ready, ip: '1' }, { selector: {} }, []],
    ['a port by number', { ...ready, ip: '1' }, { ports: [{ port: 81, targetPort: 9 }] }, ['1 :9 ready']],
    ['a port by itself', { ...ready, ip: '1' }, { ports: [{ port: 81 }] }, ['1 :81 ready']],
    ['a port that the pod does not name', { labels, ip: '1', isReady: true }, {}, ['1  ready']],
  ])('%s', (_what, state, spec, expected) => {
    const found = endpoints({ a: state }, spec).map(({ ip, ports: at, isReady, isTerminating }) =>
      [
        ip,
        at.map(({ name = '', port }) => `${name}:${port}`).join(),
        ...(isReady ? ['ready'] : []),
        ...(isTerminating ? ['ends'] : []),
      ].join(' '),
    );
    expect(found).toEqual(expected);
  });

  it('stand in Endpoints by their ports, without pods that end', () => {
    const all = endpoints({
      a: { ...ready, ip: '2' },
      b: { ...ready, ip: '1' },
      c: { ...ready, ip: '3', isReady: false },
      d: { ...ready, ip: '4', isEnding: true },
      e: { ...ready, ip: '5', ports: [{ name: 'http', containerPort: 9090 }] },
    });
    const ips = (addresses: { ip: string }[] = []) => addresses.map(({ ip }) => ip);
    expect(
      endpointSubsets(all).map(({ addresses, notReadyAddresses, ports: of = [] }) => ({
        ready: ips(addresses),
        unready: ips(notReadyAddresses),
        port: of[0]?.port,
      })),
    ).toEqual([
      { ready: ['1', '2'], unready: ['3'], port: 8080 },
      { ready: ['5'], unready: [], port: 9090 },
    ]);
  });

  it('stand in a slice with how they are, also while they end', () => {
    const { endpoints: listed, ports: of } = sliceContent(
      endpoints({ a: { ...ready, ip: '1' }, b: { ...ready, ip: '2', isEnding: true } }),
    );
    expect(of).toEqual([{ name: 'main', port: 8080, protocol: 'TCP' }]);
    expect(listed.map(({ addresses, conditions }) => [addresses, conditions])).toEqual([
      [['1'], { ready: true, serving: true, terminating: false }],
      [['2'], { ready: false, serving: true, terminating: true }],
    ]);
    expect(sliceContent([])).toEqual({ ports: [], endpoints: [] });
  });
});
