import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeClient } from '@longshore/kube';
import { digestOf, MediaType, type Digest } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import { loadConfig } from '../config/index.js';
import { createLogger, createMetrics, limitedBy, type LogDestination } from '../observe/index.js';
import { joinCluster } from '../server/join-cluster.js';
import { createRegistry, type Registry } from '../server/registry.js';
import { FakeImageApi } from './fake-image-api.js';

export interface Sent {
  method?: string;
  /** A user of the fake API, whose token is his name; default `editor`. Empty: nobody. */
  as?: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string | ReadableStream;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The first error of the body. */
  error: { code?: string; message?: string; detail?: unknown };
}

/** A registry that belongs to a cluster, over HTTP, with the memory driver and an API server in memory. */
export class JoinedRegistry {
  readonly api: FakeImageApi;
  readonly lines: string[] = [];
  private readonly stop = new AbortController();

  private constructor(
    api: FakeImageApi,
    private registry: Registry | undefined,
    private server: Server | undefined,
  ) {
    this.api = api;
  }

  /** `driver` and `api`: those of another one, as processes share them. `openshift`: keys of that section. */
  static async start(
    options: {
      openshift?: object;
      driver?: InMemoryDriver;
      api?: FakeImageApi;
      readOnly?: boolean;
      lease?: string;
    } = {},
  ): Promise<JoinedRegistry> {
    const {
      openshift = {},
      driver = new InMemoryDriver(),
      api = new FakeImageApi(),
      readOnly = false,
      lease = '0s',
    } = options;
    const settings = {
      version: 0.1,
      storage: { inmemory: {}, delete: { enabled: true }, maintenance: { readonly: { enabled: readOnly } } },
      auth: { openshift: { realm: 'openshift' } },
      openshift: { server: { addr: 'registry:5000' }, ...openshift },
      health: { storagedriver: { enabled: false } },
      longshore: { gc: { lease } },
    };
    const joined = new JoinedRegistry(api, undefined, undefined);
    const config = loadConfig({ text: JSON.stringify(settings), env: {} });
    const destination: LogDestination = {
      write: (line) => void joined.lines.push(line),
      flush: () => Promise.resolve(),
    };
    const log = createLogger({ level: 'info', destination });
    const metrics = createMetrics({ runtime: false });
    const secret = Buffer.alloc(32, 1);
    const client = new KubeClient(api, { retry: { attempts: 1 } });
    const connection = await joinCluster(config, { secret, log, metrics, signal: joined.stop.signal, client });
    joined.registry = createRegistry(config, {
      ...connection,
      driver,
      secret,
      log,
      metrics,
      limiter: limitedBy(),
      renderMetrics: () => metrics.render(),
    });
    const server = createServer(joined.registry.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    joined.server = server;
    return joined;
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
    await this.registry?.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
  }

  async send(path: string, { method = 'GET', as = 'editor', headers = {}, body }: Sent = {}): Promise<Answer> {
    const authorization = { authorization: `Basic ${Buffer.from(`x:${as}`).toString('base64')}` };
    const response = await fetch(path.startsWith('http') ? path : this.url + path, {
      method,
      headers: { ...(as !== '' && authorization), ...headers },
      ...(body !== undefined && { body, duplex: 'half' as const }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, error: errorOf(text) };
  }

  /** Uploads a blob in one request. */
  async pushBlob(repository: string, content: string, as?: string): Promise<{ answer: Answer; digest: Digest }> {
    const digest = digestOf(Buffer.from(content));
    const answer = await this.send(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
      method: 'POST',
      body: content,
      headers: { 'content-type': 'application/octet-stream' },
      ...(as !== undefined && { as }),
    });
    return { answer, digest };
  }

  putManifest(repository: string, reference: string, manifest: TestManifest, as?: string): Promise<Answer> {
    return this.send(`/v2/${repository}/manifests/${reference}`, {
      method: 'PUT',
      body: manifest.text,
      headers: { 'content-type': manifest.mediaType },
      ...(as !== undefined && { as }),
    });
  }

  /** Uploads an image with one layer and a configuration, and its manifest under a tag or its digest. */
  async pushImage(repository: string, reference: string | undefined, name: string): Promise<TestManifest> {
    const image = imageOf(name);
    await this.pushBlob(repository, image.layer);
    await this.pushBlob(repository, image.config);
    const { status, text } = await this.putManifest(repository, reference ?? image.digest, image);
    if (status !== 201) throw new Error(`the push was answered ${status}: ${text}`);
    return image;
  }
}

export interface TestManifest {
  text: string;
  mediaType: string;
  digest: Digest;
}

/** An OCI image that the name tells apart from others. */
export function imageOf(name: string): TestManifest & { layer: string; config: string } {
  const layer = `layer of ${name}`;
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', author: name });
  return { layer, config, ...manifestOf(MediaType.ociConfig, config, layer) };
}

export function manifestOf(configType: string, config: string, layer: string): TestManifest {
  const describe = (mediaType: string, content: string) => ({
    mediaType,
    digest: digestOf(Buffer.from(content)),
    size: Buffer.byteLength(content),
  });
  return made(MediaType.ociManifest, {
    config: describe(configType, config),
    layers: [describe(MediaType.ociLayerGzip, layer)],
  });
}

export function indexOf(...children: TestManifest[]): TestManifest {
  const manifests = children.map(({ text, mediaType, digest }) => ({ mediaType, digest, size: text.length }));
  return made(MediaType.ociIndex, { manifests });
}

function made(mediaType: string, fields: object): TestManifest {
  const text = JSON.stringify({ schemaVersion: 2, mediaType, ...fields });
  return { text, mediaType, digest: digestOf(Buffer.from(text)) };
}

function errorOf(text: string): Answer['error'] {
  try {
    return (JSON.parse(text) as { errors?: Answer['error'][] }).errors?.[0] ?? {};
  } catch {
    return {};
  }
}
