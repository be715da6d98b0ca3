import type { KubeObject } from '@longshore/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceNumbers } from './service-numbers.js';

const service = (spec: object = {}, name = 's'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
});

let numbers: ServiceNumbers;
const clock = { now: 0 };
beforeEach(() => {
  numbers = new ServiceNumbers(() => clock.now);
});

describe('addresses', () => {
  it('are each given once, and again when they are back', () => {
    expect(numbers.address(service(), undefined)).toBe('172.30.0.10');
    expect(numbers.address(service(), undefined)).toBe('172.30.0.11');
    expect(() => numbers.address(service({}, 't'), '172.30.0.10')).toThrow(
      'Service "t" is invalid: spec.clusterIPs: Invalid value: []string{"172.30.0.10"}: failed to allocate IP 172.30.0.10: provided IP is already allocated',
    );
    numbers.release(service({ clusterIP: '172.30.0.10' }));
    expect(numbers.address(service(), '172.30.0.10')).toBe('172.30.0.10');
  });

  it('come from the network of services', () => {
    for (const address of ['10.0.0.1', '172.30.0.0', '172.30.255.255']) {
      expect(() => numbers.address(service(), address)).toThrow('The range of valid IPs is 172.30.0.0/16');
    }
  });

  it('are not given when a service has them already', () => {
    numbers.occupy(service({ clusterIP: '172.30.0.10' }));
    expect(numbers.address(service(), undefined)).toBe('172.30.0.11');
  });
});

describe('node ports', () => {
  it('are each given once, from their range', () => {
    numbers.occupy(service({ ports: [{ nodePort: 30_000 }] }));
    expect(numbers.nodePort(service(), undefined)).toBe(30_001);
    expect(() => numbers.nodePort(service({}, 't'), 30_001)).toThrow('provided port is already allocated');
    expect(() => numbers.nodePort(service(), 80)).toThrow('The range of valid ports is 30000-32767');
    numbers.release(service({ ports: [{ nodePort: 30_001 }] }));
    expect(numbers.nodePort(service(), 30_001)).toBe(30_001);
  });

  it('come to an end', () => {
    for (let port = 30_000; port <= 32_767; port++) numbers.nodePort(service(), undefined);
    expect(() => numbers.nodePort(service(), undefined)).toThrow('range is full');
  });
});

describe('what is given to a service that is then refused', () => {
  it('is there when it is tried again', () => {
    expect(numbers.nodePort(service(), 30_080)).toBe(30_080);
    expect(numbers.address(service(), '172.30.1.1')).toBe('172.30.1.1');
    expect(numbers.nodePort(service(), 30_080)).toBe(30_080);
    expect(numbers.address(service(), '172.30.1.1')).toBe('172.30.1.1');
  });

  it('is free for others after a while', () => {
    for (let port = 30_000; port <= 32_767; port++) numbers.nodePort(service({}, `s${port}`), undefined);
    expect(() => numbers.nodePort(service(), undefined)).toThrow('range is full');
    clock.now += 120_000;
    expect(numbers.nodePort(service(), 30_001)).toBe(30_001);
    expect(numbers.nodePort(service({}, 't'), undefined)).toBe(30_000);
  });

  it('stays with the service once that is stored, whoever gives it back', () => {
    const spec = { clusterIP: numbers.address(service(), undefined), ports: [{ nodePort: 30_005 }] };
    numbers.nodePort(service(), 30_005);
    numbers.occupy(service(spec));
    clock.now += 1_000_000;
    numbers.release(service(spec, 't'));
    expect(() => numbers.address(service({}, 't'), spec.clusterIP)).toThrow('already allocated');
    expect(() => numbers.nodePort(service({}, 't'), 30_005)).toThrow('already allocated');
  });
});
