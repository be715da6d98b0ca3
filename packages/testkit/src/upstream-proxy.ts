import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request in the registry's place; true when it has. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

/** Stands before a registry, counts what it is asked for, and fails as a test says. */
export class UpstreamProxy {
  /** `GET /v2/team/app/blobs/sha256:…`, each as it came. */
  readonly requests: string[] = [];
  private readonly headers: http.IncomingHttpHeaders[] = [];
  fault: Fault = () => false;
  /** Bodies of blobs wait behind this many bytes until it is raised. */
  private gate = Infinity;
  private gateRaised: (() => void)[] = [];
  private readonly server: http.Server;

  private constructor(private readonly target: string | undefined) {
    this.server = http.createServer((request, response) => this.serve(request, response));
  }

  /** `target`: URL of the registry; without, each request is for `fault`. */
  static async start(target?: string): Promise<UpstreamProxy> {
    const proxy = new UpstreamProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** As in pull specs. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many requests of a method went to paths with this in them. */
  count(method: string, part: string): number {
    return this.requests.filter((request) => request.startsWith(`${method} `) && request.includes(part)).length;
  }

  /** The headers of the last request to a path with this in it. */
  headersOf(part: string): http.IncomingHttpHeaders {
    return this.headers[this.requests.findLastIndex((request) => request.includes(part))] ?? {};
  }

  /** Lets so many bytes of each blob through. */
  open(bytes: number): void {
    this.gate = bytes;
    for (const raised of this.gateRaised.splice(0)) raised();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    this.headers.push(request.headers);
    if (this.fault(request, response)) return;
    const outgoing = http.request(
      `${this.target}${request.url}`,
      { method: request.method ?? 'GET', headers: request.headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        void this.pass(answer, response, request.url?.includes('/blobs/') === true);
      },
    );
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }

  private async pass(answer: http.IncomingMessage, response: http.ServerResponse, isBlob: boolean): Promise<void> {
    let sent = 0;
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        for (let rest = chunk; rest.length > 0;) {
          if (isBlob && sent >= this.gate) await new Promise<void>((resolve) => this.gateRaised.push(resolve));
          const part = rest.subarray(0, isBlob ? this.gate - sent : rest.length);
          if (part.length > 0) response.write(part);
          sent += part.length;
          rest = rest.subarray(part.length);
        }
      }
      response.end();
    } catch {
      response.destroy();
    }
  }
}
