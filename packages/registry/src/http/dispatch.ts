import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError } from '@longshore/oci';
import { isNotFound, StorageError } from '@longshore/storage';
import { AccessUnavailableError } from '../access/errors.js';
import type { AccessLog, Observer, Release, RequestLimiter } from '../observe/index.js';
import { LimitExceeded, requestKind } from '../observe/index.js';
import type { Services } from '../services.js';
import { BodyAborted } from '../uploads/receive.js';
import { authorize } from './authorize.js';
import { type Endpoint, ENDPOINTS } from './endpoints.js';
import { Exchange, type ExchangeSettings } from './exchange.js';
import { drainBody, endsConnection } from './request-body.js';
import { matchRoute, type Route } from './route.js';
import { TransferBroken } from './send-file.js';

/** The request handler of the registry: route, limit, access, work, log. */
export class Dispatcher {
  private readonly operations = new Map<string, Observer>();

  constructor(
    private readonly services: Services,
    private readonly settings: ExchangeSettings,
    private readonly limiter: RequestLimiter,
    private readonly accessLog: AccessLog,
  ) {}

  /** Answers one request; never throws. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = new Exchange(randomUUID(), request, response, this.settings);
    this.services.metrics.requestStarted();
    let route: Route | undefined;
    response.once('close', () => this.finished(exchange, route));
    response.on('error', () => undefined); // the client left; `close` follows
    try {
      route = matchRoute(this.path(exchange));
      void this.serve(exchange, route);
    } catch (error) {
      void this.failed(exchange, error).then(() => endBody(exchange.request));
    }
  };

  /** The path below the prefix, without the query. What is not the API's has no prefix. */
  private path({ url }: Exchange): string {
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const { prefix } = this.settings;
    if (path.startsWith(prefix)) return path.slice(prefix.length - 1);
    return path.startsWith('/v2') ? '' : path;
  }

  private async serve(exchange: Exchange, route: Route | undefined): Promise<void> {
    let release: Release | undefined;
    try {
      const endpoint = endpointOf(exchange, route, this.services.cluster !== undefined);
      if (route && 'repository' in route) this.services.cluster?.streamName(route.repository);
      if (endpoint.limited) release = await this.limit(exchange);
      if (endpoint.writes) this.refuseWhenReadOnly();
      if (endpoint.deletes) this.refuseWhenDeleteIsOff();
      if (endpoint.access) {
        await authorize(exchange, endpoint.access(route as never), this.services, endpoint.useful);
      }
      await this.audited(exchange, route, endpoint);
      if (endpoint.operation !== undefined) this.observe(endpoint.operation, exchange);
    } catch (error) {
      await this.failed(exchange, error);
    } finally {
      release?.();
      await endBody(exchange.request);
    }
  }

  /** Does the work; with `openshift.audit.enabled`, the log tells who began and ended it (reference registry 7.3). */
  private async audited(exchange: Exchange, route: Route | undefined, endpoint: Endpoint): Promise<void> {
    const { config, log } = this.services;
    const { operation } = endpoint;
    const work = () => endpoint.handle(exchange, route as never, this.services);
    if (!config.openshift.audit.enabled || operation === undefined) return work();
    const facts = auditFacts(exchange, route);
    log.info({ ...facts, 'openshift.request.status': 'begin' }, operation);
    try {
      await work();
      log.info({ ...facts, 'openshift.request.status': 'success' }, operation);
    } catch (error) {
      const text = error instanceof RegistryError ? error.code : 'UNKNOWN';
      log.info({ ...facts, 'openshift.request.status': 'error', 'openshift.request.error': text }, operation);
      throw error;
    }
  }

  private limit(exchange: Exchange): Release | undefined | Promise<Release> {
    const kind = requestKind(exchange.method);
    if (this.limiter.unlimited(kind)) return undefined;
    return this.limiter.acquire(kind, exchange.signal);
  }

  private refuseWhenReadOnly(): void {
    if (!this.services.config.storage.maintenance.readonly.enabled) return;
    throw new RegistryError('UNSUPPORTED', {
      message: 'the registry is in read-only mode',
      detail: 'storage.maintenance.readonly is on; ask again when it is off',
      headers: { 'Retry-After': '60' },
    });
  }

  private refuseWhenDeleteIsOff(): void {
    if (this.services.config.storage.delete.enabled) return;
    throw new RegistryError('UNSUPPORTED', {
      message: 'deleting is switched off',
      detail: 'storage.delete.enabled is off',
    });
  }

  private observe(operation: string, { startedAt }: Exchange): void {
    let observer = this.operations.get(operation);
    if (!observer) this.operations.set(operation, (observer = this.services.metrics.operation(operation)));
    observer.observe((performance.now() - startedAt) / 1000);
  }

  private async failed(exchange: Exchange, error: unknown): Promise<void> {
    if (error instanceof BodyAborted || error instanceof TransferBroken) {
      exchange.response.destroy();
      return;
    }
    if (error instanceof LimitExceeded) this.services.metrics.limiterRejected(error.kind);
    const known = toRegistryError(error);
    if (known.status >= 500) {
      this.services.log.error({ 'http.request.id': exchange.id, error }, 'request failed');
    }
    if (endsConnection(exchange.request)) await drainBody(exchange.request);
    exchange.fail(known);
  }

  private finished(exchange: Exchange, route: Route | undefined): void {
    const { request, response } = exchange;
    const seconds = (performance.now() - exchange.startedAt) / 1000;
    this.services.metrics.requestFinished({
      method: exchange.method,
      code: response.statusCode,
      seconds,
      headerSeconds: exchange.headerSeconds,
      requestBytes: Number(request.headers['content-length'] ?? 0),
      responseBytes: exchange.bodyBytes,
    });
    if (!this.accessLog.enabled) return;
    this.accessLog.write({
      host: request.headers.host,
      id: exchange.id,
      method: exchange.method,
      remoteAddress: exchange.remoteAddress,
      uri: exchange.url,
      userAgent: request.headers['user-agent'],
      contentType: request.headers['content-type'],
      status: response.statusCode,
      written: exchange.bodyBytes,
      seconds,
      responseContentType: exchange.contentType,
      aborted: !response.writableFinished,
      user: exchange.subject?.name,
      userId: exchange.subject?.uid,
      ...variables(route),
      error: exchange.error,
    });
  }
}

/** Reads what is left of a body, and cuts the connection when that is too much. */
async function endBody(request: IncomingMessage): Promise<void> {
  if (!(await drainBody(request))) request.socket.destroy();
}

function endpointOf({ method, url }: Exchange, route: Route | undefined, inCluster: boolean): Endpoint {
  const endpoints: Record<string, Endpoint> = route ? ENDPOINTS[route.kind] : {};
  const isThere = Object.values(endpoints).some(({ cluster }) => inCluster || cluster !== true);
  if (!isThere) {
    const detail = { path: url.split('?', 1)[0]?.slice(0, 256) };
    throw new RegistryError('UNSUPPORTED', { status: 404, message: 'there is no such resource', detail });
  }
  const endpoint = Object.hasOwn(endpoints, method) ? endpoints[method] : undefined;
  if (endpoint) return endpoint;
  throw new RegistryError('UNSUPPORTED', {
    message: 'the resource does not know this method',
    detail: { method },
    headers: { Allow: Object.keys(endpoints).sort().join(', ') },
  });
}

function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof LimitExceeded) {
    return new RegistryError('TOOMANYREQUESTS', {
      message: 'too many requests, please try again later',
      detail: { kind: error.kind },
      headers: { 'Retry-After': String(error.retryAfterSeconds) },
    });
  }
  if (error instanceof AccessUnavailableError) {
    return new RegistryError('UNAVAILABLE', { detail: error.message, headers: { 'Retry-After': '1' }, cause: error });
  }
  if (error instanceof StorageError && error.code === 'DEVICE_OUT_OF_SPACE') {
    return new RegistryError('UNAVAILABLE', {
      status: 507,
      message: 'the storage is full',
      detail: 'no space is left; free some, then push again',
      cause: error,
    });
  }
  if (error instanceof StorageError && error.code === 'READ_ONLY_FILESYSTEM') {
    return new RegistryError('UNAVAILABLE', {
      message: 'the storage is read-only',
      detail: 'its file system takes no writes',
      cause: error,
    });
  }
  if (isNotFound(error)) {
    return new RegistryError('UNAVAILABLE', {
      message: 'the content was deleted meanwhile',
      detail: 'ask again',
      headers: { 'Retry-After': '1' },
    });
  }
  return new RegistryError('UNKNOWN', { detail: 'see the log of the registry under the request id', cause: error });
}

function auditFacts({ id, subject }: Exchange, route: Route | undefined) {
  const { name, digest, reference, uuid } = variables(route);
  return {
    'openshift.logger': 'audit',
    'openshift.auth.user': subject?.name,
    'openshift.auth.userid': subject?.uid,
    'http.request.id': id,
    'vars.name': name,
    'vars.digest': digest,
    'vars.reference': reference,
    'vars.uuid': uuid,
  };
}

function variables(route: Route | undefined) {
  if (!route) return {};
  return {
    name: 'repository' in route ? route.repository : undefined,
    digest: 'digest' in route ? route.digest : undefined,
    reference: 'reference' in route ? route.reference : undefined,
    uuid: 'id' in route ? route.id : undefined,
  };
}
