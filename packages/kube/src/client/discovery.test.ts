import { describe, expect, it } from 'vitest';
import { ScriptedTransport } from '../testing/scripted-transport.js';
import { discoverGroups, discoverResources, servesResource } from './discovery.js';
import { KubeClient } from './kube-client.js';

const ROUTES = { group: 'route.openshift.io', version: 'v1', resource: 'routes' };
const routes = { name: 'routes', singularName: 'route', namespaced: true, kind: 'Route', verbs: ['get'] };

describe('discovery', () => {
  it('lists groups', async () => {
    const group = { name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] };
    const transport = new ScriptedTransport([{ body: { kind: 'APIGroupList', groups: [group] } }]);
    expect(await discoverGroups(new KubeClient(transport))).toEqual([group]);
    expect(transport.requests[0]?.path).toBe('/apis');
  });

  it('knows what is served', async () => {
    const transport = new ScriptedTransport([{ body: { resources: [routes] } }, { body: { resources: [] } }]);
    const client = new KubeClient(transport);
    expect(await servesResource(client, ROUTES)).toBe(true);
    expect(await servesResource(client, ROUTES)).toBe(false);
    expect(transport.requests[0]?.path).toBe('/apis/route.openshift.io/v1');
  });

  it('finds nothing in a group that is not there, but says when it may not look', async () => {
    const transport = new ScriptedTransport([
      { status: 404, body: '' },
      { status: 403, body: '' },
    ]);
    const client = new KubeClient(transport);
    expect(await discoverResources(client, { group: '', version: 'v2' })).toEqual([]);
    await expect(servesResource(client, ROUTES)).rejects.toMatchObject({ reason: 'Forbidden' });
  });
});
