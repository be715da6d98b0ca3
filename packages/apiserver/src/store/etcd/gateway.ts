import { Agent, request, type Dispatcher } from 'undici';
import { StoreError } from '../store.js';
import { needsLogin, storeErrorOf } from './errors.js';
import { readLines } from './lines.js';
import type { ErrorResponse } from './messages.js';

export interface GatewayOptions {
  /** `https://etcd-0:2379`; the next one is taken when one cannot be reached. */
  endpoints: readonly string[];
  /** PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
  user?: { name: string; password: string };
  /** Milliseconds for one request. Default 10,000. */
  timeout?: number;
}

const CONNECTIONS = 64;
const CONNECT_TIMEOUT = 5_000;
/** A watch is told the progress every ten minutes; when that fails to come, the connection is dead. */
const SILENCE_OF_WATCH = 15 * 60_000;
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * etcd by its JSON gateway (`/v3/...`, on by default), which needs no more than an HTTP client. The alternative, gRPC, needs a
 * client library and etcd's protobuf files for a gain that a store with one watch and small requests does not notice.
 * One limit comes with it: etcd does not take users from client certificates here, only from names and passwords.
 */
export class Gateway {
  private readonly agent: Agent;
  private readonly watchAgent: Agent;
  private readonly closing = new AbortController();
  private current = 0;
  private token: string | undefined;

  constructor(private readonly options: GatewayOptions) {
    const { tls, timeout = 10_000 } = options;
    const connect = { timeout: CONNECT_TIMEOUT, ...tls };
    this.agent = new Agent({ connect, connections: CONNECTIONS, headersTimeout: timeout, bodyTimeout: timeout });
    this.watchAgent = new Agent({ connect, headersTimeout: timeout, bodyTimeout: SILENCE_OF_WATCH });
  }

  /** Errors: StoreError. `UNAVAILABLE` does not tell whether a write happened. */
  async call<T>(path: string, message: object): Promise<T> {
    const { statusCode, body } = await this.send(path, message, this.agent);
    const answer = await body.json().catch((cause: unknown) => {
      throw this.unavailable(cause);
    });
    if (statusCode !== 200) throw storeErrorOf(answer as ErrorResponse);
    return answer as T;
  }

  /** The messages of an answer that goes on until the signal ends it. Errors: StoreError, also when the connection breaks. */
  async *stream<T>(path: string, message: object, signal: AbortSignal): AsyncGenerator<T> {
    const { statusCode, body } = await this.send(path, message, this.watchAgent, signal);
    try {
      for await (const line of readLines(body)) {
        const answer = JSON.parse(line) as { result?: T; error?: { message: string; grpc_code: number } | string };
        if (answer.result === undefined || statusCode !== 200) throw storeErrorOf(streamError(answer));
        yield answer.result;
      }
    } catch (error) {
      throw error instanceof StoreError ? error : this.unavailable(error);
    } finally {
      body.destroy();
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([this.agent.destroy(), this.watchAgent.destroy()]);
  }

  private async send(
    path: string,
    message: object,
    dispatcher: Dispatcher,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    if (this.options.user !== undefined && this.token === undefined) await this.login(this.options.user);
    const token = this.token;
    const response = await this.post(path, message, dispatcher, signal);
    if (response.statusCode === 200 || this.options.user === undefined) return response;
    const text = await response.body.text();
    const answer = parseError(text);
    if (!needsLogin(answer)) throw storeErrorOf(answer);
    // Others may have logged in again meanwhile.
    if (this.token === token) await this.login(this.options.user);
    return this.post(path, message, dispatcher, signal);
  }

  /** Tries each endpoint once, going on only where the request was surely not sent. */
  private async post(
    path: string,
    message: object,
    dispatcher: Dispatcher,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { endpoints } = this.options;
    const headers = {
      'content-type': 'application/json',
      ...(this.token !== undefined && { authorization: this.token }),
    };
    const body = JSON.stringify(message);
    const first = this.current;
    for (let attempt = 1; ; attempt++) {
      const endpoint = (first + attempt - 1) % endpoints.length;
      try {
        const options = { dispatcher, method: 'POST', headers, body, signal: signal ?? null } as const;
        const response = await request(new URL(path, endpoints[endpoint]), options);
        this.current = endpoint;
        return response;
      } catch (error) {
        // Others may have found one that answers meanwhile.
        if (this.current === endpoint) this.current = (endpoint + 1) % endpoints.length;
        const wasSent = !NEVER_SENT.has((error as NodeJS.ErrnoException).code ?? '');
        if (wasSent || attempt >= endpoints.length) throw this.unavailable(error);
      }
    }
  }

  private async login({ name, password }: { name: string; password: string }): Promise<void> {
    this.token = undefined;
    const { statusCode, body } = await this.post('/v3/auth/authenticate', { name, password }, this.agent);
    const text = await body.text();
    if (statusCode !== 200) throw storeErrorOf(parseError(text));
    this.token = (JSON.parse(text) as { token: string }).token;
  }

  private unavailable(cause: unknown): StoreError {
    if (this.closing.signal.aborted) return new StoreError('CLOSED', 'the store is closed', undefined, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    return new StoreError('UNAVAILABLE', `etcd at ${this.options.endpoints.join(', ')}: ${why}`, undefined, { cause });
  }
}

function parseError(text: string): ErrorResponse {
  try {
    return JSON.parse(text) as ErrorResponse;
  } catch {
    return { error: text.slice(0, 200), code: 0 };
  }
}

function streamError({ error }: { error?: { message: string; grpc_code: number } | string }): ErrorResponse {
  if (typeof error === 'object') return { error: error.message, code: error.grpc_code };
  return { error: error ?? 'an answer that is none', code: 0 };
}
