import { readText } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from './testing/kind-server.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

type Json = Record<string, unknown>;

async function read(url: string): Promise<Json> {
  const { pathname, searchParams } = new URL(url, 'http://server');
  const transport = kinds.server.transport({ username: 'admin', groups: ['system:masters'] });
  const response = await transport.request({ method: 'GET', path: pathname, query: searchParams });
  expect(response.status).toBe(200);
  return JSON.parse(await readText(response.body, 2 ** 26)) as Json;
}

/** References that lead nowhere in the document. */
function dangling(document: Json): string[] {
  const missing: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string') {
        const found = child
          .slice(2)
          .split('/')
          .reduce<unknown>((part, step) => (part as Json | undefined)?.[step], document);
        if (found === undefined) missing.push(child);
      } else walk(child);
    }
  };
  walk(document);
  return missing;
}

describe('OpenAPI documents of all kinds', () => {
  it('have no reference that leads nowhere', async () => {
    const { paths } = (await read('/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toContain('apis/apps/v1');
    for (const { serverRelativeURL } of Object.values(paths))
      expect(dangling(await read(serverRelativeURL))).toEqual([]);
    expect(dangling(await read('/openapi/v2'))).toEqual([]);
  });

  it('tell how lists are merged', async () => {
    const { definitions } = (await read('/openapi/v2')) as { definitions: Record<string, { properties: Json }> };
    expect(definitions['io.k8s.api.core.v1.PodSpec']?.properties).toMatchObject({
      containers: {
        items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-list-map-keys': ['name'],
      },
      volumes: { 'x-kubernetes-patch-strategy': 'merge,retainKeys' },
      tolerations: { 'x-kubernetes-list-type': 'atomic' },
    });
  });

  it('list kinds under the names that Kubernetes and OpenShift give them', async () => {
    const { definitions } = (await read('/openapi/v2')) as { definitions: Record<string, unknown> };
    expect(Object.keys(definitions)).toEqual(
      expect.arrayContaining([
        'com.coreos.monitoring.v1.ServiceMonitor',
        'com.github.openshift.api.route.v1.Route',
        'io.k8s.api.apps.v1.DeploymentList',
        'io.k8s.api.networking.v1.Ingress',
        'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
        'io.openshift.config.v1.Ingress',
      ]),
    );
  });
});
