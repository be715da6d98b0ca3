import { describe, expect, it } from 'vitest';
import { registryHosts, type RegistryService } from './registry-hosts.js';

const SVC = 'image-registry.openshift-image-registry.svc';

function service(clusterIPs: string[], port: number): RegistryService {
  const metadata = { name: 'image-registry', namespace: 'openshift-image-registry' };
  const [clusterIP = ''] = clusterIPs;
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP, clusterIPs, ports: [{ port }] } };
}

const config = (internalRegistryHostname?: string, externalRegistryHostnames?: string[]) => ({
  status: {
    ...(internalRegistryHostname !== undefined && { internalRegistryHostname }),
    ...(externalRegistryHostnames && { externalRegistryHostnames }),
  },
});

describe('registryHosts', () => {
  it.each<[string, Parameters<typeof registryHosts>[0], string[]]>([
    ['none without a registry', { service: undefined, config: undefined, own: [] }, []],
    ['none of routes alone', { service: undefined, config: config(undefined, ['r.example.com']), own: [] }, []],
    ['the embedded one', { service: undefined, config: config(), own: ['127.0.0.1:5000'] }, ['127.0.0.1:5000']],
    [
      'the service and its addresses',
      { service: service(['10.0.0.9', 'fd00::9'], 5000), config: undefined, own: [] },
      ['10.0.0.9:5000', '[fd00::9]:5000', `${SVC}.cluster.local:5000`, `${SVC}:5000`],
    ],
    [
      'a usual port with and without it',
      { service: service(['10.0.0.9'], 443), config: undefined, own: [] },
      ['10.0.0.9', '10.0.0.9:443', SVC, `${SVC}.cluster.local`, `${SVC}.cluster.local:443`, `${SVC}:443`].sort(),
    ],
    [
      'no address of a headless service',
      { service: service(['None'], 5000), config: undefined, own: [] },
      [`${SVC}.cluster.local:5000`, `${SVC}:5000`],
    ],
    [
      'the names of the image configuration, each once',
      { service: undefined, config: config(`${SVC}:5000`, ['r.example.com', 'r.example.com']), own: [] },
      [`${SVC}.cluster.local:5000`, `${SVC}:5000`, 'r.example.com'],
    ],
  ])('%s', (_name, sources, hosts) => {
    expect(registryHosts(sources)).toEqual(hosts);
  });
});
