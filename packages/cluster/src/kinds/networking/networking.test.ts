import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

type Given = Parameters<KindServer['create']>[0];
const ingress = (spec: object): Given => ({ kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', spec });
const policy = (spec: object): Given => ({ kind: 'NetworkPolicy', spec });
const backend = { service: { name: 's', port: { number: 80 } } };

describe('defaults', () => {
  it.each<[Given, object]>([
    [policy({}), { spec: { podSelector: {}, policyTypes: ['Ingress'] } }],
    [policy({ podSelector: {}, egress: [{}] }), { spec: { policyTypes: ['Ingress', 'Egress'] } }],
    [
      policy({ podSelector: {}, ingress: [{ ports: [{ port: 5000 }] }] }),
      { spec: { ingress: [{ ports: [{ port: 5000, protocol: 'TCP' }] }] } },
    ],
    [ingress({ defaultBackend: backend }), { status: { loadBalancer: {} } }],
    [
      { kind: 'IngressClass', spec: { controller: 'example.com/i', parameters: { kind: 'K', name: 'n' } } },
      { spec: { parameters: { scope: 'Cluster' } } },
    ],
    [
      { kind: 'PodDisruptionBudget', spec: { minAvailable: 1 } },
      { status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 } },
    ],
    [
      { kind: 'StorageClass', provisioner: 'p' },
      { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    ],
    [
      { kind: 'PriorityClass', value: 5 },
      { preemptionPolicy: 'PreemptLowerPriority', metadata: { generation: 1 } },
    ],
  ])('%j', async (given, expected) => {
    expect(await kinds.create(given)).toMatchObject(expected);
  });
});

describe('problems', () => {
  const inPath = (path: object) => ingress({ rules: [{ http: { paths: [path] } }] });
  it.each<[Given, string[]]>([
    [ingress({}), ['spec: Invalid value: []string{}: either `defaultBackend` or `rules` must be specified']],
    [
      ingress({ rules: [{ host: 'Foo' }] }),
      [
        "spec.rules[0].host: Invalid value: \"Foo\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
    [
      ingress({ rules: [{ host: '10.0.0.1' }] }),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [inPath({ backend }), ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified']],
    [
      inPath({ path: 'x', pathType: 'Prefix', backend }),
      ['spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
    ],
    [
      inPath({ path: '/a//b', pathType: 'Exact', backend }),
      ['spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain \'//\''],
    ],
    [
      inPath({ path: '/', pathType: 'Odd', backend }),
      [
        'spec.rules[0].http.paths[0].pathType: Unsupported value: "Odd": supported values: "Exact", "ImplementationSpecific", "Prefix"',
      ],
    ],
    [
      inPath({ path: '/', pathType: 'Prefix', backend: { service: { name: 's' } } }),
      ['spec.rules[0].http.paths[0].backend.service.port: Required value: port name or number is required'],
    ],
    [policy({ ingress: [{ from: [{}] }] }), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] }),
      [
        'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      policy({ ingress: [{ ports: [{ port: 80, endPort: 79 }] }] }),
      ['spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`'],
    ],
    [
      policy({ policyTypes: ['Sideways'] }),
      ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Egress", "Ingress"'],
    ],
    [
      { kind: 'PodDisruptionBudget', spec: { minAvailable: 1, maxUnavailable: 1 } },
      [
        'spec: Invalid value: {"maxUnavailable":1,"minAvailable":1}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      { kind: 'PodDisruptionBudget', spec: { minAvailable: '101%' } },
      ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [{ kind: 'StorageClass' }, ['provisioner: Required value']],
    [
      { kind: 'PriorityClass', value: 2_000_000_000 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      { kind: 'EndpointSlice', addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
      ['endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address'],
    ],
    [
      { kind: 'Lease', spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
  ])('%j', async (given, expected) => {
    expect((await kinds.problems(given)).map(sortedKeys)).toEqual(expected);
  });
});

/** Keys of shown objects stand as the client sent them. */
function sortedKeys(problem: string): string {
  return problem.replace(/\{.*\}/, (text) => {
    if (!text.startsWith('{"')) return text;
    return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).sort()));
  });
}
