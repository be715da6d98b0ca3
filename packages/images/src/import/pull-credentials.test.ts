import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '@longshore/kube';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterObjects } from '../api/parts.js';
import { pullCredentials, type NodePullSecret } from './pull-credentials.js';
import { pullSecret } from './testing/import-server.js';

const REPOSITORY = { host: 'quay.io', name: 'team/app' };

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('pull-credentials');
});

const secret = (name: string, key: string, metadata = {}) => pullSecret(name, { [key]: [name, 'secret'] }, metadata);

function cluster(secrets: object[], other?: object): ClusterObjects {
  return {
    get: () => Promise.resolve(other),
    list: () => Promise.resolve({ items: secrets as KubeObject[], resourceVersion: '1' }),
    watch: () => {
      throw new Error('nobody watches');
    },
  } as ClusterObjects;
}

const namesOf = async (objects: ClusterObjects, node: NodePullSecret) => {
  const credentials = (await pullCredentials(objects, 'proj', node))(REPOSITORY);
  return credentials.map((credential) => ('username' in credential ? credential.username : ''));
};

describe('pullCredentials', () => {
  it('are those of the namespace, the most specific first, then those of the node', async () => {
    const file = join(folder, 'config.json');
    const { data } = secret('node', 'quay.io/team/app');
    await writeFile(file, Buffer.from(data['.dockerconfigjson'], 'base64'));
    const secrets = [secret('host', 'quay.io'), secret('exact', 'quay.io/team/app'), secret('other', 'ghcr.io')];
    expect(await namesOf(cluster(secrets), { file })).toEqual(['exact', 'host', 'node']);
  });

  it('may be of a secret of another namespace', async () => {
    const where = { namespace: 'openshift-config', name: 'pull-secret' };
    expect(await namesOf(cluster([], secret('node', 'quay.io')), where)).toEqual(['node']);
    expect(await namesOf(cluster([]), where)).toEqual([]);
  });

  it.each<[string, object]>([
    ['is kept out', secret('a', 'quay.io', { annotations: { 'openshift.io/image.excludeSecret': 'true' } })],
    ['is of another type', { ...secret('a', 'quay.io'), type: 'Opaque' }],
    ['has no type', { ...secret('a', 'quay.io'), type: undefined }],
    ['is no JSON', { ...secret('a', 'quay.io'), data: { '.dockerconfigjson': 'e30' + 'x' } }],
    ['is empty', { ...secret('a', 'quay.io'), data: undefined }],
  ])('are not of a secret that %s', async (_what, spoiled) => {
    const missing = { file: join(folder, 'none') };
    expect(await namesOf(cluster([spoiled, secret('good', 'quay.io')]), missing)).toEqual(['good']);
  });

  it('may be of the older form', async () => {
    const text = JSON.stringify({ 'quay.io': { username: 'old', password: 'secret' } });
    const old = {
      metadata: { name: 'old' },
      type: 'kubernetes.io/dockercfg',
      data: { '.dockercfg': Buffer.from(text).toString('base64') },
    };
    expect(await namesOf(cluster([old]), { file: join(folder, 'none') })).toEqual(['old']);
  });

  it('cannot be had of a file that cannot be read', async () => {
    await expect(namesOf(cluster([]), { file: folder })).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
