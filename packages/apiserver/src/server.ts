import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, type Transport } from '@longshore/kube';
import type { Authenticator, Authorizer, UserInfo } from './access/access.js';
import type { Admission } from './admission.js';
import { auditEvent, type AuditEvent, type AuditLog } from './audit/audit-event.js';
import { CustomResources } from './crd/custom-resources.js';
import { GarbageCollector } from './deletion/garbage-collector.js';
import { NamespaceFinalizer } from './deletion/namespace-finalizer.js';
import type { ObjectAccess, ResourceDefinition } from './definition.js';
import { answerDiscovery } from './discovery/discovery-handler.js';
import { answerRoot } from './discovery/root.js';
import { answerVersion, type ServerVersion } from './discovery/version.js';
import { LocalObjects } from './local-objects.js';
import { LocalTransport } from './local-transport.js';
import { OpenApiEndpoints } from './discovery/openapi-handler.js';
import { authenticate } from './request/authenticate.js';
import { attributesOf, authorize, nameForAccess } from './request/authorize.js';
import { checkAgain } from './request/check-again.js';
import { dispatch } from './request/dispatch.js';
import { Exchange, toApiError } from './request/exchange.js';
import type { HandlerServices } from './request/handler.js';
import { answerHealth, type HealthChecks } from './request/health.js';
import { httpPathFor, type HttpPath } from './request/http-path.js';
import { impersonate } from './request/impersonation.js';
import { InFlight, type InFlightLimits } from './request/in-flight.js';
import { refuseUnreadable } from './request/unreadable.js';
import { requestTimeout } from './request/request-timeout.js';
import { Resources } from './resources/resources.js';
import type { Store } from './store/store.js';
import { startWatchHub, type WatchHub } from './watch/hub.js';

export interface ApiServerOptions {
  store: Store;
  definitions: Iterable<ResourceDefinition>;
  authenticator: Authenticator;
  authorizer: Authorizer;
  /** What this server says it is; clients choose by the minor version what they send. */
  version: ServerVersion;
  /** Default: every write is admitted. */
  admission?: Admission;
  audit?: AuditLog;
  /** Asked by `/readyz` and its siblings. */
  healthChecks?: HealthChecks;
  /** Paths beside the API. */
  paths?: readonly HttpPath[];
  inFlight?: InFlightLimits;
  /** How often a watch is asked anew who watches and whether they may: so long it outlives a right. Default a minute. */
  watchCheckMs?: number;
  /** Hears of each request when it is over. */
  observe?: (request: RequestObservation) => void;
  /** Failures that no client can be told of. */
  onError?: (error: unknown) => void;
  now?: () => Date;
}

export interface RequestObservation {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  code: number;
  seconds: number;
}

export interface ApiServer {
  /** A handler for Node's HTTP servers. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** The objects for what runs in this process: as the server itself, without asking the authorizer. */
  readonly objects: ObjectAccess;
  readonly resources: Resources;
  readonly hub: WatchHub;
  /** Serves one more kind, or one in another way. */
  addDefinition(definition: ResourceDefinition): void;
  removeDefinition(group: string, version: string, plural: string): void;
  /** A client's way to this server within the process, as this user. */
  transport(user: UserInfo): Transport;
  /** Begins to collect garbage, to empty namespaces that are being deleted and to serve custom resources; until `drain`. */
  start(): void;
  /** Ends watches, and refuses requests with 503. Those under way come to their end. */
  drain(): Promise<void>;
}

/** An API server over a store, without the sockets. The store stays the caller's to close, after `drain`. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const hub = await startWatchHub(options.store, { ...(options.onError && { onFailure: options.onError }) });
  const server = new Server(options, hub);
  await server.customResources.load();
  return server;
}

class Server implements ApiServer {
  readonly objects: LocalObjects;
  readonly resources: Resources;
  readonly customResources: CustomResources;
  private readonly services: HandlerServices;
  private readonly inFlight: InFlight;
  private readonly openApi: OpenApiEndpoints;
  private readonly running = new Set<Exchange>();
  private isDraining = false;
  private readonly ending = new AbortController();
  private readonly tasks: Promise<void>[] = [];
  private drained: () => void = () => undefined;

  constructor(
    private readonly options: ApiServerOptions,
    readonly hub: WatchHub,
  ) {
    const { store, definitions, authorizer, admission = {}, now = () => new Date() } = options;
    this.resources = new Resources(definitions);
    this.objects = new LocalObjects(() => this.services);
    this.services = { store, hub, authorizer, admission, now, objects: this.objects, resources: this.resources };
    this.inFlight = new InFlight(options.inFlight);
    const onError = (error: unknown) => this.options.onError?.(error);
    this.customResources = new CustomResources(this.services, this.objects, onError, this.ending.signal);
    this.openApi = new OpenApiEndpoints(this.resources, options.version.gitVersion);
  }

  addDefinition(definition: ResourceDefinition): void {
    this.resources.add(definition);
  }

  removeDefinition(group: string, version: string, plural: string): void {
    this.resources.remove(group, version, plural);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    let exchange: Exchange;
    try {
      exchange = new Exchange(request, response);
    } catch (error) {
      refuseUnreadable(response, error);
      return;
    }
    this.running.add(exchange);
    response.once('close', () => this.finish(exchange));
    this.serve(exchange).catch((error: unknown) => this.fail(exchange, error));
  }

  private fail(exchange: Exchange, error: unknown): void {
    // The client has left, or has been told that its time is over.
    if (exchange.signal.aborted) return;
    if (toApiError(error).reason === 'InternalError') this.options.onError?.(error);
    exchange.sendError(error).catch((failure: unknown) => {
      this.options.onError?.(failure);
      exchange.response.destroy();
    });
  }

  private finish(exchange: Exchange): void {
    this.running.delete(exchange);
    if (this.isDraining && this.running.size === 0) this.drained();
    this.audit(exchange, 'ResponseComplete');
    const { verb, group, resource, subresource } = exchange.info;
    const seconds = (Date.now() - exchange.receivedAt.getTime()) / 1000;
    this.options.observe?.({ verb, group, resource, subresource, seconds, code: exchange.response.statusCode });
  }

  private audit(exchange: Exchange, stage: AuditEvent['stage']): void {
    this.options.audit?.write(auditEvent(exchange, stage, this.services.now()));
  }

  private async serve(exchange: Exchange): Promise<void> {
    const { info, query, request, response, signal } = exchange;
    if (this.isDraining)
      throw new ApiError('ServiceUnavailable', 'the server is shutting down', 503, { retryAfterSeconds: 1 });
    const other = httpPathFor(this.options.paths ?? [], info.path);
    if (other?.isPublic) {
      await other.handle(request, response, { user: exchange.user, path: info.path, query, signal });
      return;
    }
    await this.identify(exchange);
    const { user } = exchange;
    const isLasting = this.isLasting(exchange);
    const leave = this.inFlight.enter(isLasting ? 'watch' : info.verb, user);
    const clear = isLasting
      ? checkAgain(exchange, () => this.checkWatch(exchange), this.options.watchCheckMs)
      : requestTimeout(exchange, (error) => this.fail(exchange, error), this.longestRequestMs(exchange));
    try {
      await this.authorize(exchange);
      if (other !== undefined) await other.handle(request, response, { user, path: info.path, query, signal });
      else if (info.isResource) await this.serveResource(exchange);
      else await this.serveOther(exchange);
    } finally {
      leave();
      clear();
    }
  }

  /** Who asks, and whose rights count. */
  private async identify(exchange: Exchange): Promise<void> {
    const { authenticator, authorizer } = this.options;
    const sender = await authenticate(exchange, authenticator);
    exchange.user = sender;
    const user = await impersonate(exchange, sender, authorizer);
    if (user !== sender) Object.assign(exchange, { user, impersonator: sender });
  }

  private async checkWatch(exchange: Exchange): Promise<void> {
    await this.identify(exchange);
    await this.authorize(exchange);
  }

  /** Watches, and what comes for as long as it comes: such requests have no time of their own. */
  private isLasting({ info }: Exchange): boolean {
    if (info.verb === 'watch') return true;
    const { subresources } = this.resources.find(info.groupVersion, info.resource)?.definition ?? {};
    return info.subresource !== '' && subresources?.[info.subresource]?.text !== undefined;
  }

  private longestRequestMs({ info }: Exchange): number | undefined {
    return this.resources.find(info.groupVersion, info.resource)?.virtual?.timeoutMs;
  }

  private async authorize(exchange: Exchange): Promise<void> {
    const { user, info, signal } = exchange;
    exchange.isAllowed = false;
    const definition = this.resources.find(info.groupVersion, info.resource)?.definition;
    const namespace = definition?.standsForNamespace ? info.name : info.namespace;
    const asked = { ...info, namespace, name: nameForAccess(exchange) };
    await authorize(this.options.authorizer, attributesOf(user, asked), signal);
    exchange.isAllowed = true;
  }

  private async serveResource(exchange: Exchange): Promise<void> {
    if (exchange.info.verb === 'watch') this.audit(exchange, 'ResponseStarted');
    await dispatch(this.services, exchange);
  }

  private async serveOther(exchange: Exchange): Promise<void> {
    const { method, info } = exchange;
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead) {
      if (await answerDiscovery(exchange, this.resources)) return;
      if (await answerHealth(exchange, this.options.healthChecks ?? {})) return;
      if (await answerVersion(exchange, this.options.version)) return;
      if (await this.openApi.answer(exchange)) return;
      if (await answerRoot(exchange, this.resources, this.options.paths ?? [])) return;
    } else if (this.resources.inVersion(info.path.split('/').slice(2).join('/')) !== undefined) {
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    }
    await exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
  }

  transport(user: UserInfo): Transport {
    return new LocalTransport((request, response) => this.handle(request, response), user);
  }

  start(): void {
    const { signal } = this.ending;
    const onError = (error: unknown) => this.options.onError?.(error);
    this.tasks.push(this.customResources.run());
    this.tasks.push(new GarbageCollector(this.services, onError, signal).run());
    this.tasks.push(new NamespaceFinalizer(this.services, this.objects, onError, signal).run());
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    this.ending.abort(new Error('the server is shutting down'));
    await Promise.all(this.tasks);
    await this.hub.close();
    if (this.running.size > 0) {
      await new Promise<void>((resolve) => {
        this.drained = resolve;
      });
    }
  }
}
