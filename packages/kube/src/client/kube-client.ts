import { hasReason } from '../api-error.js';
import { systemClock, type Clock } from '../clock.js';
import type { KubeList, KubeObject } from '../object.js';
import type { Status } from '../status.js';
import { apiErrorOf, parseJson, parseWarnings, withType } from './answer.js';
import { readLines, readText } from './body-reader.js';
import {
  PATCH_MEDIA_TYPES,
  type CallOptions,
  type DeleteCollectionOptions,
  type DeleteOptions,
  type GetOptions,
  type ListOptions,
  type Patch,
  type WatchOptions,
  type WriteOptions,
} from './options.js';
import { resourcePath, type ResourceType } from './resource-path.js';
import { DEFAULT_RETRY, requestWithRetry, type RetryOptions } from './retry.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';
import { parseWatchEvent, type WatchEvent } from './watch-event.js';

export interface KubeClientOptions {
  retry?: Partial<RetryOptions>;
  clock?: Clock;
  /** Bytes of one answer that is no watch. Default 256 MiB. */
  maxBodyBytes?: number;
  /** Bytes of one event of a watch. Default 10 MiB. */
  maxEventBytes?: number;
  /** Hears the `Warning` headers of the server, without their number. */
  onWarning?: (text: string) => void;
}

const MIB = 1024 * 1024;
const PAGE_SIZE = 500;
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

type Events<T extends KubeObject> = AsyncGenerator<WatchEvent<T>, void, void>;

/**
 * A client of any Kubernetes API. Types of objects are what the caller says they are. Errors of all calls: `ApiError` when
 * the server refuses, `UnreachableError` and `CredentialError` of the transport, `ResponseError` for answers that are none, the
 * signal's reason.
 */
export class KubeClient {
  private readonly retry: RetryOptions;
  private readonly clock: Clock;
  private readonly maxBodyBytes: number;
  private readonly maxEventBytes: number;
  private readonly onWarning: (text: string) => void;

  constructor(
    private readonly transport: Transport,
    options: KubeClientOptions = {},
  ) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
    this.clock = options.clock ?? systemClock;
    this.maxBodyBytes = options.maxBodyBytes ?? 256 * MIB;
    this.maxEventBytes = options.maxEventBytes ?? 10 * MIB;
    this.onWarning = options.onWarning ?? (() => {});
  }

  get<T extends KubeObject = KubeObject>(type: ResourceType, name: string, options: GetOptions = {}): Promise<T> {
    const { namespace, subresource, resourceVersion, signal } = options;
    const path = resourcePath(type, { namespace, name, ...(subresource !== undefined && { subresource }) });
    return this.json<T>({ method: 'GET', path, query: queryOf({ resourceVersion }) }, signal);
  }

  /** Undefined instead of an error when there is no such object. */
  async find<T extends KubeObject = KubeObject>(
    type: ResourceType,
    name: string,
    options: GetOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(type, name, options);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** One page of a list, or all of it without `limit`. */
  async list<T extends KubeObject = KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    const { namespace, signal, ...query } = options;
    const path = resourcePath(type, { namespace });
    const list = await this.json<KubeList<T>>({ method: 'GET', path, query: queryOf(query) }, signal);
    return { ...list, items: (list.items ?? []).map((item) => withType(item, list)) };
  }

  /**
   * The whole list, page by page, as of one resource version. Where the server forgets that version on the way, the rest comes
   * by beginning again without pages.
   */
  async listAll<T extends KubeObject = KubeObject>(
    type: ResourceType,
    options: Omit<ListOptions, 'continue'> = {},
  ): Promise<KubeList<T>> {
    const items: T[] = [];
    let next: { continue?: string } = {};
    for (;;) {
      const { resourceVersion, resourceVersionMatch, ...others } = options;
      const version = {
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(resourceVersionMatch !== undefined && { resourceVersionMatch }),
      };
      const isFirst = next.continue === undefined;
      try {
        const page = await this.list<T>(type, { limit: PAGE_SIZE, ...others, ...(isFirst ? version : next) });
        for (const item of page.items) items.push(item);
        if (page.metadata.continue === undefined || page.metadata.continue === '') return { ...page, items };
        next = { continue: page.metadata.continue };
      } catch (error) {
        if (isFirst || !hasReason(error, 'Expired')) throw error;
        const { limit: _, ...whole } = options;
        return await this.list<T>(type, whole);
      }
    }
  }

  /**
   * The events of one watch, until the server ends it. Leaving the loop ends it, too. Errors: also `ApiError` `Expired`
   * from within.
   */
  watch<T extends KubeObject = KubeObject>(type: ResourceType, options: WatchOptions = {}): Events<T> {
    return this.events(type, options, 'application/json');
  }

  /** As `watch`, but of the objects only their metadata comes (kind `PartialObjectMetadata` of `meta.k8s.io/v1`). */
  watchMetadata(type: ResourceType, options: WatchOptions = {}): Events<KubeObject> {
    return this.events(type, options, METADATA_ONLY);
  }

  /** Creates the object in its own namespace, or in that of the options. */
  create<T extends KubeObject = KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource } = options;
    const namespace = options.namespace ?? object.metadata.namespace;
    const address =
      subresource === undefined ? { namespace } : { namespace, name: object.metadata.name ?? '', subresource };
    return this.write<T>('POST', resourcePath(type, address), object, options);
  }

  /** Replaces the object; with its resource version, only if it is still that one. */
  update<T extends KubeObject = KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource } = options;
    const { name = '', namespace } = object.metadata;
    const path = resourcePath(type, {
      namespace: options.namespace ?? namespace,
      name,
      ...(subresource !== undefined && { subresource }),
    });
    return this.write<T>('PUT', path, object, options);
  }

  updateStatus<T extends KubeObject = KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.update(type, object, { ...options, subresource: 'status' });
  }

  patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    name: string,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const { namespace, subresource } = options;
    const path = resourcePath(type, { namespace, name, ...(subresource !== undefined && { subresource }) });
    return this.write<T>('PATCH', path, patch.patch, options, PATCH_MEDIA_TYPES[patch.type]);
  }

  /** The object while it waits to be gone, or a Status when it is gone. */
  delete(type: ResourceType, name: string, options: DeleteOptions = {}): Promise<KubeObject | Status> {
    const path = resourcePath(type, { namespace: options.namespace, name });
    return this.json({ method: 'DELETE', path, ...jsonBody(deleteBody(options)) }, options.signal);
  }

  deleteCollection(type: ResourceType, options: DeleteCollectionOptions = {}): Promise<KubeList | Status> {
    const { labelSelector, fieldSelector } = options;
    const path = resourcePath(type, { namespace: options.namespace });
    const query = queryOf({ labelSelector, fieldSelector });
    return this.json({ method: 'DELETE', path, query, ...jsonBody(deleteBody(options)) }, options.signal);
  }

  /** The JSON at a path that is no resource: `/version`, `/apis`, `/openapi/v3`. */
  getPath<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.json<T>({ method: 'GET', path }, options.signal);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private async *events<T extends KubeObject>(type: ResourceType, options: WatchOptions, accept: string): Events<T> {
    const { namespace, signal, ...rest } = options;
    const query = queryOf({ ...rest, watch: true });
    const path = resourcePath(type, { namespace });
    const response = await this.send({ method: 'GET', path, query, headers: { accept }, isWatch: true }, signal);
    for await (const line of readLines(response.body, this.maxEventBytes)) yield parseWatchEvent<T>(line);
  }

  private write<T>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    { dryRun, fieldManager, fieldValidation, signal }: WriteOptions,
    mediaType?: string,
  ): Promise<T> {
    const query = queryOf({ dryRun: dryRun === true ? 'All' : undefined, fieldManager, fieldValidation });
    return this.json<T>({ method, path, query, ...jsonBody(body, mediaType) }, signal);
  }

  private async json<T>(request: TransportRequest, signal: AbortSignal | undefined): Promise<T> {
    const response = await this.send(request, signal);
    return parseJson(await readText(response.body, this.maxBodyBytes)) as T;
  }

  /** Errors: `ApiError` for an answer that is no success. */
  private async send(request: TransportRequest, signal: AbortSignal | undefined): Promise<TransportResponse> {
    const headers = { accept: 'application/json', ...request.headers };
    const sent = { ...request, headers, ...(signal !== undefined && { signal }) };
    const response = await requestWithRetry(this.transport, sent, this.retry, this.clock);
    for (const text of parseWarnings(response.headers['warning'] ?? '')) this.onWarning(text);
    if (response.status >= 200 && response.status < 300) return response;
    throw await apiErrorOf(response);
  }
}

function queryOf(parameters: object): URLSearchParams {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)]));
}

function jsonBody(body: unknown, mediaType = 'application/json') {
  return { body: JSON.stringify(body), headers: { 'content-type': mediaType } };
}

function deleteBody({ propagationPolicy, gracePeriodSeconds, preconditions, dryRun }: DeleteOptions): object {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy,
    gracePeriodSeconds,
    preconditions,
    ...(dryRun === true && { dryRun: ['All'] }),
  };
}
