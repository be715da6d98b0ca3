import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeAll, describe, expect, it } from 'vitest';
import { findConnection } from '../client/connect.js';
import { inClusterConnection, isInCluster } from './in-cluster.js';
import { kubeconfigPaths, parseKubeconfig, readKubeconfig } from './kubeconfig.js';

let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = temporaryFolder('kubeconfig');
  await writeFile(
    path('one'),
    'current-context: a\ncontexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a, cluster: {server: "https://one"}}]',
  );
  await writeFile(
    path('two'),
    'current-context: b\ncontexts: [{name: b, context: {cluster: a, namespace: n}}]\nclusters: [{name: a, cluster: {server: "https://two"}}]',
  );
  await writeFile(path('token'), 'abc\n');
  await writeFile(path('namespace'), 'shop\n');
});

describe('kubeconfigPaths', () => {
  it.each([
    ['/x', {}, ['/x']],
    [undefined, { KUBECONFIG: '/a::/b', HOME: '/h' }, ['/a', '/b']],
    [undefined, { KUBECONFIG: '', HOME: '/h' }, ['/h/.kube/config']],
  ])('%j with %j: %j', (path, env, paths) => {
    expect(kubeconfigPaths(path, env)).toEqual(paths);
  });
});

describe('readKubeconfig', () => {
  it('lets the first file count, and leaves out missing ones', async () => {
    const config = await readKubeconfig([path('none'), path('one'), path('two')]);
    expect(config.currentContext).toBe('a');
    expect([...config.contexts.keys()].sort()).toEqual(['a', 'b']);
    expect(config.clusters.get('a')?.fields).toEqual({ server: 'https://one' });
  });

  it('says when there is none', async () => {
    await expect(readKubeconfig([path('none')])).rejects.toThrow(`there is no kubeconfig at ${path('none')}`);
    await expect(readKubeconfig([folder])).rejects.toThrow(/cannot be read: EISDIR/);
  });
});

describe('parseKubeconfig', () => {
  it.each([
    ['users: [{name: u, user: {token: geheim', /is no YAML/],
    ['[]', /expected clusters, users and contexts/],
    ['users: {}', /users must be a list/],
    ['users: [{user: {}}]', /users\[0\] must have name and user/],
    ['users: [{name: u, user: []}]', /users\[0\]/],
  ])('refuses %j without showing it', (text, message) => {
    expect(() => parseKubeconfig(text, '/f')).toThrow(message);
    expect(() => parseKubeconfig(text, '/f')).toThrow(/^(?!.*geheim)/);
  });
});

describe('in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };

  it('uses the service account', async () => {
    expect(isInCluster(env, folder)).toBe(true);
    expect(isInCluster({}, folder)).toBe(false);
    expect(isInCluster(env, path('none'))).toBe(false);
    expect(await inClusterConnection(env, folder)).toEqual({
      server: new URL('https://[fd00::1]:6443'),
      certificateAuthority: { file: path('ca.crt') },
      credential: { token: { file: path('token') } },
      namespace: 'shop',
    });
  });

  it('says when it is none', async () => {
    await expect(inClusterConnection({}, folder)).rejects.toThrow('KUBERNETES_SERVICE_HOST is not set');
  });
});

describe('findConnection', () => {
  it('takes a named context before KUBECONFIG', async () => {
    const connection = await findConnection({ kubeconfig: path('two') }, { KUBECONFIG: path('one') });
    expect(connection.server.href).toBe('https://two/');
    expect((await findConnection({}, { KUBECONFIG: path('one') })).server.href).toBe('https://one/');
    const both = { KUBECONFIG: `${path('one')}:${path('two')}` };
    expect((await findConnection({ context: 'b' }, both)).namespace).toBe('n');
  });
});
