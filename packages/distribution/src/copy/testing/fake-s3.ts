import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface StoredObject {
  bytes: Buffer;
  headers: Record<string, string>;
}

interface Upload {
  key: string;
  parts: Map<number, Buffer>;
}

const SMALLEST_PART = 5 * 1024 * 1024;

/** As much of S3 as a mirroring asks for, on loopback, in memory. Signatures are not checked, but that there is one. */
export class FakeS3 {
  /** By bucket and key: `bucket/v2/…`. */
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  readonly requests: string[] = [];
  /** The status with which a request fails; 0: the connection breaks off. */
  fault: (request: string) => number | undefined = () => undefined;
  /** After how many bytes of an answer the connection breaks off. */
  cut: (request: string) => number | undefined = () => undefined;

  private constructor(readonly server: Server) {}

  /** @param tls a certificate and its key, in PEM */
  static async start(tls?: { cert: string; key: string }): Promise<FakeS3> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const fake = new FakeS3(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void fake.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const name = decodeURIComponent(url.pathname.slice(1));
    const line = `${request.method} ${name}${url.search}`;
    this.requests.push(line);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const status = this.fault(line);
    if (status === 0) return void response.destroy();
    if (status !== undefined) return fail(response, status, status === 403 ? 'AccessDenied' : 'InternalError');
    if (!(request.headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256'))
      return fail(response, 403, 'AccessDenied');
    this.#serve(request, response, { name, query: url.searchParams, body: Buffer.concat(chunks) });
  }

  #serve(
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    { name, query, body }: { name: string; query: URLSearchParams; body: Buffer },
  ): void {
    const id = query.get('uploadId') ?? '';
    if (method === 'POST') return query.has('uploads') ? this.#begin(response, name) : this.#complete(response, id);
    if (method === 'DELETE') return void (this.uploads.delete(id), response.writeHead(204).end());
    if (method === 'PUT' && id !== '') return this.#putPart(response, id, Number(query.get('partNumber')), body);
    if (method === 'PUT') return this.#put(response, name, headers, body);
    if (query.has('uploads')) return this.#listUploads(response, name.replace(/\/$/, ''), query.get('prefix') ?? '');
    if (id !== '') return this.#listParts(response, id);
    if (query.has('list-type')) return this.#list(response, name.replace(/\/$/, ''), query.get('prefix') ?? '');
    const found = this.objects.get(name);
    if (found === undefined) return fail(response, 404, 'NoSuchKey', method === 'HEAD');
    const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const bytes = found.bytes.subarray(Number(start ?? 0));
    response.writeHead(start === undefined ? 200 : 206, { ...found.headers, 'content-length': bytes.byteLength });
    const most = method === 'HEAD' ? undefined : this.cut(this.requests.at(-1) ?? '');
    if (most !== undefined && most < bytes.byteLength) {
      return void response.write(bytes.subarray(0, most), () => response.destroy());
    }
    response.end(method === 'HEAD' ? undefined : bytes);
  }

  #put(response: ServerResponse, name: string, headers: IncomingMessage['headers'], body: Buffer): void {
    const source = headers['x-amz-copy-source'];
    if (typeof source === 'string') {
      const from = this.objects.get(decodeURIComponent(source));
      if (from === undefined) return fail(response, 404, 'NoSuchKey');
      this.objects.set(name, from);
      return xml(response, '<CopyObjectResult><ETag>"copied"</ETag></CopyObjectResult>');
    }
    const kept = Object.entries(headers).filter(([key]) => key === 'content-type' || key.startsWith('x-amz-meta-'));
    this.objects.set(name, { bytes: body, headers: Object.fromEntries(kept) as Record<string, string> });
    response.writeHead(200, { etag: tagOf(body) }).end();
  }

  #begin(response: ServerResponse, key: string): void {
    const id = `upload-${this.requests.length}`;
    this.uploads.set(id, { key, parts: new Map() });
    xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  #putPart(response: ServerResponse, id: string, number: number, body: Buffer): void {
    this.uploads.get(id)?.parts.set(number, body);
    response.writeHead(200, { etag: tagOf(body) }).end();
  }

  #complete(response: ServerResponse, id: string): void {
    const upload = this.uploads.get(id);
    if (upload === undefined) return fail(response, 404, 'NoSuchUpload');
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    if (parts.slice(0, -1).some(({ byteLength }) => byteLength < SMALLEST_PART))
      return fail(response, 400, 'EntityTooSmall');
    this.objects.set(upload.key, { bytes: Buffer.concat(parts), headers: {} });
    this.uploads.delete(id);
    xml(response, '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>');
  }

  #listUploads(response: ServerResponse, bucket: string, prefix: string): void {
    const found = [...this.uploads].filter(([, { key }]) => key.startsWith(`${bucket}/${prefix}`));
    const uploads = found.map(
      ([id, { key }]) => `<Upload><Key>${key.slice(bucket.length + 1)}</Key><UploadId>${id}</UploadId></Upload>`,
    );
    xml(response, `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`);
  }

  /** One a page. */
  #listParts(response: ServerResponse, id: string): void {
    const after = Number(new URLSearchParams(this.requests.at(-1)?.split('?')[1]).get('part-number-marker') ?? 0);
    const numbers = [...(this.uploads.get(id)?.parts.keys() ?? [])].sort((a, b) => a - b);
    const [number, next] = numbers.filter((one) => one > after);
    const bytes = this.uploads.get(id)?.parts.get(number ?? 0) ?? Buffer.alloc(0);
    const part = `<Part><PartNumber>${number}</PartNumber><ETag>${tagOf(bytes)}</ETag><Size>${bytes.byteLength}</Size></Part>`;
    const page = `<IsTruncated>${next !== undefined}</IsTruncated><NextPartNumberMarker>${number}</NextPartNumberMarker>`;
    xml(response, `<ListPartsResult>${number === undefined ? '' : part + page}</ListPartsResult>`);
  }

  #list(response: ServerResponse, bucket: string, prefix: string): void {
    const keys = [...this.objects.keys()].filter((name) => name.startsWith(`${bucket}/${prefix}`)).sort();
    const contents = keys.map((name) => `<Contents><Key>${name.slice(bucket.length + 1)}</Key></Contents>`).join('');
    xml(response, `<ListBucketResult>${contents}<IsTruncated>false</IsTruncated></ListBucketResult>`);
  }
}

function tagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(text);
}

function fail(response: ServerResponse, status: number, code: string, isHead = false): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(isHead ? undefined : `<Error><Code>${code}</Code><Message>as asked for</Message></Error>`);
}
