/** For tests: an API server over LMDB with identity, behind a real socket, and a clock that is moved by hand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as send, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer, openLmdbStore, type ObjectAccess } from '@longshore/apiserver';
import { hashPassword } from '@longshore/registry/htpasswd';
import { builtinKinds } from '../../kinds/index.js';
import { authenticationReviewDefinitions } from '../../rbac/index.js';
import { ClusterCertificates } from '../../tls/index.js';
import { LateObjects } from '../late-objects.js';
import { openIdentity, type OpenIdentity } from '../open-identity.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface TestCluster {
  /** `http://127.0.0.1:1234`, also what the server takes for its public URL. */
  url: string;
  objects: ObjectAccess;
  identity: OpenIdentity;
  certificates: ClusterCertificates;
  /** Folder of its private files. */
  dir: string;
  errors: unknown[];
  /** Milliseconds since 1970; starts at the present. */
  clock: { now: number };
  ask: (path: string, options?: AskOptions) => Promise<Answer>;
  /** As a client with a token does. */
  as: (token: string, path: string, options?: AskOptions) => Promise<Answer>;
  close(): Promise<void>;
}

/** Everybody but the anonymous may do everything. */
const authorizer = {
  authorize: ({ user }: { user: { groups: readonly string[] } }) =>
    Promise.resolve({ allowed: user.groups.includes('system:authenticated') }),
};

export async function openTestCluster(): Promise<TestCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'identity-'));
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const errors: unknown[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const names = ['127.0.0.1', 'localhost'];
  const certificates = await ClusterCertificates.open({ dir, names, now });
  const objects = new LateObjects();
  const onError = (error: unknown) => void errors.push(error);
  const identity = await openIdentity({ dir, objects, certificates, publicUrl: url, names, now, onError });
  const store = await openLmdbStore({ path: join(dir, 'store') });
  const definitions = [
    ...builtinKinds().map((kind) =>
      kind.plural === 'serviceaccounts' ? { ...kind, subresources: { token: identity.tokenSubresource } } : kind,
    ),
    ...identity.definitions,
    ...authenticationReviewDefinitions(identity.authenticator),
  ];
  const api = await createApiServer({
    store,
    definitions,
    authenticator: identity.authenticator,
    authorizer,
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    paths: identity.paths,
    onError,
    now: () => new Date(clock.now),
  });
  objects.bind(api.objects);
  await identity.start();
  server.on('request', (request, response) => api.handle(request, response));
  const ask = (path: string, { method = 'GET', headers = {}, body }: AskOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = send(`${url}${path}`, { method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          // The events of a watch are a JSON text each.
          const isJson = response.headers['content-type']?.startsWith('application/json') && !path.includes('watch=');
          const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  return {
    url,
    objects: api.objects,
    identity,
    certificates,
    dir,
    errors,
    clock,
    ask,
    as: (token, path, options = {}) =>
      ask(path, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await api.drain();
      await identity.close();
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Gives the cluster htpasswd users, as an administrator of OpenShift does. */
export async function addHtpasswdUsers(
  objects: ObjectAccess,
  users: Record<string, string>,
  provider: Record<string, unknown> = {},
): Promise<void> {
  const lines = await Promise.all(
    Object.entries(users).map(async ([user, password]) => `${user}:${await hashPassword(password, 4)}\n`),
  );
  const data = { htpasswd: Buffer.from(lines.join('')).toString('base64') };
  const metadata = { name: 'htpass-secret', namespace: 'openshift-config' };
  await objects.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata, data });
  const htpasswd = { fileData: { name: 'htpass-secret' } };
  const identityProviders = [{ name: 'local', type: 'HTPasswd', htpasswd, ...provider }];
  await objects.create('oauths.config.openshift.io', {
    apiVersion: 'config.openshift.io/v1',
    kind: 'OAuth',
    metadata: { name: 'cluster' },
    spec: { identityProviders },
  });
}

/** Logs in as `oc login -u -p` does with an implicit answer, and answers the token. */
export async function login({ ask, url }: TestCluster, user: string, password: string): Promise<string | undefined> {
  const query = new URLSearchParams({
    client_id: 'openshift-challenging-client',
    redirect_uri: `${url}/oauth/token/implicit`,
    response_type: 'token',
  });
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const { headers } = await ask(`/oauth/authorize?${query.toString()}`, {
    headers: { authorization, 'x-csrf-token': '1' },
  });
  const fragment = headers.location?.split('#')[1];
  return fragment === undefined ? undefined : (new URLSearchParams(fragment).get('access_token') ?? undefined);
}
