import type { KubeObject } from '@longshore/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceNumbers } from './service-numbers.js';

const service = (spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's' },
  spec,
});

let numbers: ServiceNumbers;
beforeEach(() => {
  numbers = new ServiceNumbers();
});

describe('addresses', () => {
  it('are each given once, and again when they are back', () => {
    expect(numbers.address(service(), undefined)).toBe('172.30.0.10');
    expect(numbers.address(service(), undefined)).toBe('172.30.0.11');
    expect(() => numbers.address(service(), '172.30.0.10')).toThrow(
      'Service "s" is invalid: spec.clusterIPs: Invalid value: []string{"172.30.0.10"}: failed to allocate IP 172.30.0.10: provided IP is already allocated',
    );
    numbers.release(service({ clusterIP: '172.30.0.10' }));
    expect(numbers.address(service(), '172.30.0.10')).toBe('172.30.0.10');
  });

  it('come from the network of services', () => {
    expect(() => numbers.address(service(), '10.0.0.1')).toThrow('The range of valid IPs is 172.30.0.0/16');
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
    expect(() => numbers.nodePort(service(), 30_001)).toThrow('provided port is already allocated');
    expect(() => numbers.nodePort(service(), 80)).toThrow('The range of valid ports is 30000-32767');
    numbers.release(service({ ports: [{ nodePort: 30_001 }] }));
    expect(numbers.nodePort(service(), 30_001)).toBe(30_001);
  });

  it('come to an end', () => {
    for (let port = 30_000; port <= 32_767; port++) numbers.nodePort(service(), undefined);
    expect(() => numbers.nodePort(service(), undefined)).toThrow('range is full');
  });
});
