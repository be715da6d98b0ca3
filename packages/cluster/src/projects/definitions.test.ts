import type { VirtualBackend, VirtualRequest } from '@longshore/apiserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../kinds/testing/kind-server.js';
import { RbacAuthorizer, RbacIndex } from '../rbac/index.js';
import { projectDefinitions } from './definitions.js';

const index = new RbacIndex();
const [projects] = projectDefinitions(new RbacAuthorizer(index));
const backend = projects?.backend as VirtualBackend;
const alice = { username: 'alice', groups: [] };

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

describe('a watch of projects', () => {
  it('tells how far it has come, also when there was nothing for who watches', async () => {
    const { objects } = kinds.server;
    const { resourceVersion } = await objects.list('namespaces');
    const ending = new AbortController();
    const request = { user: alice, objects, signal: ending.signal } as unknown as VirtualRequest;
    const { metadata } = await kinds.create({ kind: 'Namespace', metadata: { name: 'hidden' } });
    for await (const { type, object } of backend.watch?.(resourceVersion, request, 60_000) ?? []) {
      expect([type, object.kind]).toEqual(['BOOKMARK', 'Project']);
      if (Number(object.metadata.resourceVersion) >= Number(metadata.resourceVersion)) break;
    }
    ending.abort();
  });
});
