import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';

let kinds: KindServer;
let mayChoose = true;
beforeAll(async () => {
  kinds = await KindServer.start({
    defaultRouteHost: ({ metadata }) => `${metadata.name}-${metadata.namespace}.apps.example.com`,
    mayChooseRouteHost: () => mayChoose,
  });
});
afterAll(() => kinds.stop());

type Given = Parameters<KindServer['create']>[0];
const route = (spec: object = {}): Given => ({ kind: 'Route', spec: { to: { name: 's' }, ...spec } });

describe('routes', () => {
  it('get a host, and are marked so', async () => {
    const created = await kinds.create({ ...route(), metadata: { name: 'web' } });
    expect(created).toMatchObject({
      metadata: { annotations: { 'openshift.io/host.generated': 'true' } },
      spec: {
        host: 'web-default.apps.example.com',
        to: { kind: 'Service', name: 's', weight: 100 },
        wildcardPolicy: 'None',
      },
    });
  });

  it.each<[object, string[]]>([
    [{ to: {} }, ['spec.to.name: Required value']],
    [{ to: { kind: 'Pod', name: 's' } }, ['spec.to.kind: Invalid value: "Pod": must reference a Service']],
    [
      { to: { name: 's', weight: 300 } },
      ['spec.to.weight: Invalid value: 300: weight must be an integer between 0 and 256'],
    ],
    [{ path: 'x' }, ['spec.path: Invalid value: "x": path must begin with /']],
    [
      { tls: { termination: 'odd' } },
      ['spec.tls.termination: Unsupported value: "odd": supported values: "edge", "passthrough", "reencrypt"'],
    ],
    [
      { tls: { termination: 'passthrough', key: 'secret' } },
      [
        'spec.tls.key: Invalid value: "redacted key data": passthrough termination does not support certificates',
        'spec.tls.key: Invalid value: "redacted key data": failed to find any PEM data',
      ],
    ],
    [
      { path: '/x', tls: { termination: 'passthrough' } },
      ['spec.path: Invalid value: "/x": passthrough termination does not support paths'],
    ],
    [
      { tls: { termination: 'passthrough', insecureEdgeTerminationPolicy: 'Allow' } },
      [
        'spec.tls.insecureEdgeTerminationPolicy: Invalid value: "Allow": invalid value for InsecureEdgeTerminationPolicy option, acceptable values are None, Redirect, or empty',
      ],
    ],
    [{ port: {} }, ['spec.port.targetPort: Required value']],
  ])('%j', async (spec, expected) => {
    expect(await kinds.problems(route(spec))).toEqual(expected);
  });

  it('terminate at the edge when they say no more than that there is TLS', async () => {
    expect(await kinds.create(route({ tls: {} }))).toMatchObject({ spec: { tls: { termination: 'edge' } } });
  });

  it('take a host from those only who may choose one', async () => {
    const created = await kinds.create<KubeObject & { spec: object }>(route({ host: 'a.example.com' }));
    mayChoose = false;
    try {
      expect(await kinds.problems({ ...route({ host: 'b.example.com' }), metadata: { name: 'b' } })).toEqual([
        'routes.route.openshift.io "b" is forbidden: spec.host: Forbidden: you do not have permission to set the host field of the route',
      ]);
      const moved = kinds.update({ ...created, spec: { ...created.spec, host: 'c.example.com' } });
      await expect(moved).rejects.toThrow('spec.host: Invalid value: "c.example.com": field is immutable');
    } finally {
      mayChoose = true;
    }
  });
});

describe('kinds that custom resource definitions make in real clusters', () => {
  it.each<[Given, string[]]>([
    [{ kind: 'ClusterOperator' }, ['spec: Required value']],
    [
      { kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: [{ source: 'not a host' }] } },
      [
        expect.stringMatching(
          /^spec\.imageDigestMirrors\[0\]\.source: Invalid value: "not a host": .* should match /,
        ) as string,
      ],
    ],
    [
      { kind: 'ImageTagMirrorSet', spec: { imageTagMirrors: [{ source: 'a.com', mirrors: ['b.com', 'b.com'] }] } },
      ['spec.imageTagMirrors[0].mirrors[1]: Duplicate value: "b.com"'],
    ],
    [
      { kind: 'Image', spec: { imageStreamImportMode: 'Odd' } },
      ['spec.imageStreamImportMode: Unsupported value: "Odd": supported values: "", "Legacy", "PreserveOriginal"'],
    ],
    [
      { kind: 'Infrastructure', spec: { platformSpec: { type: 7 } } },
      expect.arrayContaining([
        'spec.platformSpec.type: Invalid value: "integer": spec.platformSpec.type in body must be of type string: "integer"',
      ]) as string[],
    ],
    [{ kind: 'ServiceMonitor', spec: { selector: {} } }, ['spec.endpoints: Required value']],
    [
      { kind: 'PrometheusRule', spec: { groups: [{ name: 'g', rules: [{ expr: '1', for: 'soon' }] }] } },
      [expect.stringContaining('spec.groups[0].rules[0].for: Invalid value: "soon"') as string],
    ],
  ])('%j', async (given, expected) => {
    expect(await kinds.problems(given)).toEqual(expected);
  });

  it('keep what is right', async () => {
    const spec = { imageDigestMirrors: [{ source: '*.redhat.io', mirrors: ['mirror.example.com:5000/a/b'] }] };
    expect(await kinds.create({ kind: 'ImageDigestMirrorSet', spec })).toMatchObject({ spec });
    expect(await kinds.create({ kind: 'APIServer', spec: { audit: {} } })).toMatchObject({
      spec: { audit: { profile: 'Default' } },
    });
  });
});
