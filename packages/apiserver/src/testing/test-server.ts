/** For tests: an API server over LMDB behind a real socket, with a few small kinds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unauthorized } from '@longshore/kube';
import type { Attributes } from '../access/access.js';
import type { ResourceDefinition } from '../definition.js';
import { createApiServer, type ApiServer, type ApiServerOptions } from '../server.js';
import { openLmdbStore } from '../store/lmdb/lmdb-store.js';
import type { Store } from '../store/store.js';

const text = { type: 'string' } as const;
const textMap = { type: 'object', additionalProperties: text } as const;

export const configMaps: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  singular: 'configmap',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  scope: 'Namespaced',
  schema: { type: 'object', properties: { data: textMap, binaryData: textMap, immutable: { type: 'boolean' } } },
  columns: [
    {
      name: 'Data',
      type: 'string',
      value: ({ data }) => String(Object.keys((data as object | undefined) ?? {}).length),
    },
    { name: 'Age', type: 'date', value: '.metadata.creationTimestamp' },
  ],
  backend: { type: 'stored', generation: false },
};

export const namespaces: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  shortNames: ['ns'],
  scope: 'Cluster',
  status: true,
  schema: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { finalizers: { type: 'array', items: text } } },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
  backend: {
    type: 'stored',
    name: 'label',
    specFinalizers: true,
    generation: false,
    prepareForCreate(namespace) {
      namespace.spec = { finalizers: ['kubernetes'] };
    },
  },
};

/** Has a status, a scale and a grace period. */
export const apps: ResourceDefinition = {
  group: 'test.example.com',
  version: 'v1',
  plural: 'apps',
  singular: 'app',
  kind: 'App',
  scope: 'Namespaced',
  custom: true,
  status: true,
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  },
  selectableFields: { 'spec.color': ({ spec }) => (spec as { color?: string } | undefined)?.color ?? '' },
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['color'],
        properties: { color: text, replicas: { type: 'integer', format: 'int32', default: 1, minimum: 0 } },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: text } },
    },
  },
  backend: { type: 'stored', unconditionalUpdate: false },
};

/** Gets 30 seconds to end. */
export const machines: ResourceDefinition = {
  ...configMaps,
  group: 'test.k8s.io',
  plural: 'machines',
  singular: 'machine',
  kind: 'Machine',
  shortNames: [],
  columns: undefined,
  backend: { type: 'stored', gracePeriodSeconds: () => 30, returnDeletedObject: true, createOnUpdate: true },
} as unknown as ResourceDefinition;

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  /** Parsed where it is JSON. */
  body: TestBody;
  text: string;
}

/** Whatever an answer holds; tests say what they expect of it. */
export interface TestBody {
  [field: string]: unknown;
  metadata: Record<string, unknown>;
  items: TestBody[];
  message: string;
}

export interface TestServer {
  url: string;
  server: ApiServer;
  store: Store;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The events of a watch as they come. */
  watch(path: string, headers?: Record<string, string>): Promise<TestWatch>;
  close(): Promise<void>;
}

export interface TestWatch {
  next(): Promise<{ type: string; object: TestBody } | undefined>;
  close(): void;
}

export interface TestServerOptions extends Partial<ApiServerOptions> {
  allow?: (attributes: Attributes) => boolean;
  /** Keeps its objects here. */
  folder?: string;
}

/** Who shows the token `NAME` is the user NAME; `wrong` is no token. */
export async function startTestServer({ allow, folder, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const path = folder ?? mkdtempSync(join(tmpdir(), 'apiserver-'));
  const store = options.store ?? (await openLmdbStore({ path }));
  const failures: unknown[] = [];
  const server = await createApiServer({
    store,
    definitions: [configMaps, namespaces, apps, machines],
    authenticator: {
      async authenticate({ token }) {
        if (token === 'wrong') throw unauthorized();
        return token === undefined
          ? undefined
          : { username: token, groups: token === 'root' ? ['system:masters'] : [] };
      },
    },
    authorizer: { authorize: async (attributes) => ({ allowed: allow?.(attributes) ?? true }) },
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    onError: (error) => failures.push(error),
    ...options,
  });
  const http = createServer((request, response) => server.handle(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url,
    server,
    store,
    send: (method, at, body, headers = {}) => exchange(url + at, method, body, headers),
    watch: (at, headers = {}) => openWatch(url + at, headers),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      await server.drain();
      http.closeAllConnections();
      await closed;
      await store.close();
      if (folder === undefined) rmSync(path, { recursive: true, force: true });
      if (failures.length > 0) throw new AggregateError(failures, 'the server failed');
    },
  };
}

async function exchange(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type: Record<string, string> = bytes === undefined ? {} : { 'content-type': 'application/json' };
  const response = await start(url, method, bytes, { ...type, ...headers });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const answer = Buffer.concat(chunks).toString();
  const isJson = response.headers['content-type']?.startsWith('application/json') && answer.startsWith('{');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: (isJson ? JSON.parse(answer) : {}) as TestBody,
    text: answer,
  };
}

function start(url: string, method: string, body: string | Buffer | undefined, headers: Record<string, string>) {
  // Node sends no length by itself with a DELETE.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = send(url, { method, headers: { ...headers, ...length }, agent: false }, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

async function openWatch(url: string, headers: Record<string, string>): Promise<TestWatch> {
  const response = await start(url, 'GET', undefined, headers);
  const lines = readLines(response);
  return {
    async next() {
      const { value } = await lines.next();
      return value === undefined ? undefined : (JSON.parse(value) as { type: string; object: TestBody });
    },
    close: () => void response.destroy(),
  };
}

async function* readLines(response: IncomingMessage): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of response) {
    rest += String(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}
