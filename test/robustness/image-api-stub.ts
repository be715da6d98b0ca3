import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';

/** An API server with one image stream, `ns/app`, that lets everybody do everything. */
export class ImageApiStub {
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.answer(request, Buffer.concat(chunks).toString(), response));
  });

  /** `reference`: the pull spec, with a digest, to which its tag `v1` points. */
  private constructor(private readonly reference: string) {}

  static async start(reference: string): Promise<ImageApiStub> {
    const stub = new ImageApiStub(reference);
    await new Promise<void>((resolve) => stub.server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  /** Writes a file by which a registry finds it. */
  async writeKubeconfig(path: string): Promise<void> {
    const server = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: { token: 'registry' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(path, JSON.stringify(config));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ method, url = '' }: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    const send = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const [path = '', query = ''] = url.split('?');
    if (method === 'POST') return void send(201, { ...(JSON.parse(body) as object), status: { allowed: true } });
    if (query.includes('watch=true')) return void response.writeHead(200).flushHeaders();
    if (path.endsWith('/imagestreams/app')) return void send(200, this.stream());
    if (path.endsWith('/imagestreams/app/layers')) return void send(200, { blobs: {}, images: {} });
    if (/\/(?:imagestreams|secrets)$/.test(path)) {
      return void send(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] });
    }
    send(404, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 404, reason: 'NotFound' });
  }

  private stream(): object {
    const image = this.reference.slice(this.reference.indexOf('@') + 1);
    const item = { created: '2026-01-01T00:00:00Z', dockerImageReference: this.reference, image, generation: 1 };
    return {
      kind: 'ImageStream',
      apiVersion: 'image.openshift.io/v1',
      metadata: {
        namespace: 'ns',
        name: 'app',
        uid: 'u',
        resourceVersion: '1',
        annotations: { 'openshift.io/image.insecureRepository': 'true' },
      },
      spec: { lookupPolicy: { local: false } },
      status: { dockerImageRepository: '', tags: [{ tag: 'v1', items: [item] }] },
    };
  }
}
