import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as SecureServer } from 'node:https';
import { createServer, type AddressInfo, type Server as SocketServer, type Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { listenOn } from '../../api-socket.js';
import { ClusterError } from '../../options.js';
import { joinSockets, reachBackend, reachFirst } from '../services/backend.js';
import { forwardRequest, refuse, SILENCE_MS } from './forward-request.js';
import { HELLO_MS, readHello } from './hello-reader.js';
import { reachSecurely, UntrustedBackendError } from './reach-securely.js';
import { backendOrder, RouteTable, type RouteBackend, type ServedRoute } from './route-table.js';
import type { RouterAddresses, RouterOptions } from './router-options.js';

const MAX_CONNECTIONS = 2000;
const HTTP = {
  maxHeaderSize: 64 * 1024,
  headersTimeout: 30_000,
  /** A large upload may take hours; what is limited is silence. */
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
};
/** How long requests may take to come to their end when the router ends. */
const DRAIN_MS = 5000;
const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/** Takes connections for the hosts of routes: TLS at one address, plain HTTP at another one. */
export class RouteServer {
  private table = new RouteTable([]);
  private readonly sockets = new Set<Socket>();
  /** Where TLS arrives: whether the router is its end, and with which certificate, is decided by the first bytes. */
  private readonly entrance: SocketServer;
  private readonly secure: SecureServer;
  private readonly insecure: Server;

  /** `onError` hears what is nobody's fault but ours. */
  constructor(private readonly onError: (error: unknown) => void) {
    this.entrance = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.enter(socket).catch(this.onError);
    });
    this.secure = createHttpsServer({
      ...HTTP,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HELLO_MS,
      SNICallback: (name, done) => done(null, this.table.context(name)),
    });
    this.insecure = createHttpServer({ ...HTTP, noDelay: true });
    for (const server of [this.entrance, this.insecure]) {
      server.maxConnections = MAX_CONNECTIONS;
      server.on('connection', (socket: Socket) => {
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
      });
    }
    for (const server of [this.secure, this.insecure]) {
      server.setTimeout(SILENCE_MS);
      for (const event of ['request', 'checkContinue']) {
        server.on(event, (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response));
      }
    }
    // It never listens itself, and would else not look for requests whose headers are late.
    this.secure.emit('listening');
  }

  /**
   * Listens at the addresses of the options, or at those that are usual where they can be had. Errors: ClusterError for an
   * address that cannot be had.
   */
  async listen({
    address,
    insecureAddress,
  }: Pick<RouterOptions, 'address' | 'insecureAddress'>): Promise<RouterAddresses> {
    const secure =
      address === undefined
        ? ((await tryListening(this.entrance, `127.0.0.1:${HTTPS_PORT}`)) ??
          (await listenAt(this.entrance, '127.0.0.1:0')))
        : await listenAt(this.entrance, address);
    const beside = secure.endsWith(`:${HTTPS_PORT}`) ? secure.replace(/\d+$/, String(HTTP_PORT)) : undefined;
    const insecure =
      insecureAddress === undefined
        ? beside && (await tryListening(this.insecure, beside))
        : await listenAt(this.insecure, insecureAddress);
    return { secure, ...(insecure !== undefined && { insecure }) };
  }

  /** What is asked from now on goes by these routes; what is under way goes on. */
  use(table: RouteTable): void {
    this.table = table;
  }

  /** The certificate for hosts whose route brings none. */
  setCertificate(options: Pick<SecureContextOptions, 'cert' | 'key'>): void {
    this.secure.setSecureContext({ ...options, minVersion: 'TLSv1.2' });
  }

  /** Takes no more connections, waits a while for running requests, then cuts what is left. */
  async close(): Promise<void> {
    const closed = [this.entrance, this.insecure].map((server) => new Promise((resolve) => server.close(resolve)));
    this.secure.close();
    this.secure.closeIdleConnections();
    const late = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, DRAIN_MS);
    await Promise.all(closed);
    clearTimeout(late);
  }

  private async enter(client: Socket): Promise<void> {
    client.on('error', () => client.destroy());
    const hello = await readHello(client);
    if (hello === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const route = this.table.passthrough(hello.serverName);
    if (route !== undefined) return passThrough(client, route);
    // Who ends half of a connection with TLS has ended it.
    client.allowHalfOpen = false;
    this.secure.emit('connection', client);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response);
    } catch (error) {
      if (error instanceof UntrustedBackendError) return refuse(response, 503, error.message);
      refuse(response, 500, 'the router failed');
      this.onError(error);
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', headers, socket } = request;
    const { servername: serverName, encrypted: isSecure = false } = socket as Partial<TLSSocket> & {
      servername?: string;
    };
    const host = headers.host ?? '';
    const decision = this.table.decide({ isSecure, host, path: url, ...(serverName && { serverName }) });
    if (decision.do === 'refuse') return refuse(response, decision.status, decision.message);
    if (decision.do === 'redirect') {
      const { port } = this.entrance.address() as AddressInfo;
      const location = `https://${decision.host}${port === HTTPS_PORT ? '' : `:${port}`}${url}`;
      response.writeHead(302, { location, 'content-length': 0 }).end();
      return;
    }
    const backend = await reachRoute(decision.route);
    if (backend === undefined) return refuse(response, 503, 'no pod of the service behind this route can be reached');
    if (response.destroyed) return void backend.destroy();
    const client = socket.remoteAddress ?? 'unknown';
    await forwardRequest(request, response, backend, { client, host, isSecure, port: socket.localPort ?? 0 });
  }
}

/** Nothing is sent before a backend has taken the connection, so that another one can be tried. */
function reachRoute({ targets }: ServedRoute): Promise<Socket | undefined> {
  return reachFirst<RouteBackend, Socket>(backendOrder(targets, Math.random), (backend) =>
    backend.trust === undefined ? reachBackend(backend) : reachSecurely(backend, backend.trust),
  );
}

async function passThrough(client: Socket, route: ServedRoute): Promise<void> {
  const backend = await reachRoute(route);
  if (backend === undefined || client.destroyed) {
    client.resetAndDestroy();
    backend?.destroy();
    return;
  }
  client.setTimeout(SILENCE_MS, () => client.destroy());
  joinSockets(client, backend);
}

async function listenAt(server: SocketServer, address: string): Promise<string> {
  await listenOn(server, address, '--router-address');
  const { address: host, family, port } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}

function tryListening(server: SocketServer, address: string): Promise<string | undefined> {
  return listenAt(server, address).catch((error: unknown) => {
    if (error instanceof ClusterError) return undefined;
    throw error;
  });
}
