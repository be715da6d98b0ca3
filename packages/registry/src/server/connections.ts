import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a server must know of its connections beyond what Node tells: which are silent, and which are being answered. */
export class Connections {
  /** Those that have not carried a whole request head yet. With TLS: since their handshake. */
  private readonly silent = new Set<Socket>();
  /** With TLS, those whose handshake is not over, by the client's address. */
  private readonly shaking = new Map<string, Socket>();
  private readonly answers = new WeakMap<Socket, Set<ServerResponse>>();

  constructor(
    server: Server,
    private readonly tls: boolean,
  ) {
    server.on('connection', (socket: Socket) => {
      if (tls) this.shake(socket);
      else this.listen(socket);
    });
    server.on('secureConnection', (socket: Socket) => {
      this.shaking.delete(clientOf(socket));
      this.listen(socket);
    });
  }

  /** Takes note of a request and its answer. Call for each. */
  requested({ socket }: IncomingMessage, response: ServerResponse): void {
    this.silent.delete(socket);
    const answers = this.answers.get(socket) ?? new Set();
    this.answers.set(socket, answers.add(response));
    response.once('close', () => answers.delete(response));
  }

  /** True when a part of an answer is on its way. A client may have asked for several; they are sent in turn. */
  isAnswering(socket: Socket): boolean {
    return [...(this.answers.get(socket) ?? [])].some((answer) => answer.socket === socket && answer.headersSent);
  }

  /** Cuts the connections that have asked for nothing: Node takes them for busy, or has not heard of them (handshakes). */
  closeSilent(): void {
    for (const socket of this.shaking.values()) socket.destroy();
    // A head that has come in part is a request. Under TLS nobody can tell; its client will try again.
    for (const socket of this.silent) if (this.tls || socket.bytesRead === 0) socket.destroy();
  }

  private shake(socket: Socket): void {
    const client = clientOf(socket);
    this.shaking.set(client, socket);
    socket.once('close', () => {
      if (this.shaking.get(client) === socket) this.shaking.delete(client);
    });
  }

  private listen(socket: Socket): void {
    this.silent.add(socket);
    socket.once('close', () => this.silent.delete(socket));
  }
}

const clientOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`;
