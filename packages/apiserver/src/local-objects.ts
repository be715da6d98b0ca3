import {
  badRequest,
  formatGroupResource,
  hasReason,
  notFound,
  tooOldResourceVersion,
  unknownResource,
  type KubeObject,
} from '@longshore/kube';
import { MASTERS_GROUP, type UserInfo } from './access/access.js';
import type { ChangeOptions, ObjectAccess, ObjectChange, ObjectWrite, ResourceName, WatchEvent } from './definition.js';
import type { HandlerServices } from './request/handler.js';
import { selectedEvent } from './request/watch-events.js';
import type { Resource } from './resources/resource.js';
import { commitObjects, type RestWrite } from './rest/commit.js';
import { createObject } from './rest/create.js';
import { decodeObject } from './rest/decode-object.js';
import { deleteObject } from './rest/delete.js';
import type { DeleteOptions } from './rest/delete-options.js';
import { listStored } from './rest/list.js';
import { NEWEST } from './rest/list-options.js';
import { virtualRequest, type RestRequest } from './rest/rest-request.js';
import { Selection } from './rest/selection.js';
import { updateObject, type Part, type Update } from './rest/update.js';
import { StoreError, type Entry } from './store/store.js';

/** The server itself. */
export const SERVER_USER: UserInfo = { username: 'system:apiserver', groups: [MASTERS_GROUP] };

const NEVER = new AbortController().signal;
/** {@link ObjectAccess} to the objects of this server. */
export class LocalObjects implements ObjectAccess {
  private sharing: LocalObjects | undefined;

  constructor(
    private readonly services: () => HandlerServices,
    private readonly isShared = false,
  ) {}

  get shared(): LocalObjects {
    return this.isShared ? this : (this.sharing ??= new LocalObjects(this.services, true));
  }

  private decode<T extends KubeObject>(resource: Resource, entry: Entry): T {
    return this.isShared ? resource.decodeShared<T>(entry) : resource.decode<T>(entry);
  }

  private resource(name: ResourceName): Resource {
    const resource = this.services().resources.named(name);
    if (resource === undefined) throw unknownResource();
    return resource;
  }

  private request(namespace: string, user = SERVER_USER): RestRequest {
    return { user, namespace, dryRun: false, signal: NEVER, query: new URLSearchParams(), warn: () => undefined };
  }

  async get<T extends KubeObject>(name: ResourceName, namespace: string, object: string): Promise<T | undefined> {
    const resource = this.resource(name);
    if (resource.virtual?.get !== undefined) {
      try {
        return (await resource.virtual.get(object, virtualRequest(this.services(), this.request(namespace)))) as T;
      } catch (error) {
        if (hasReason(error, 'NotFound')) return undefined;
        throw error;
      }
    }
    const entry = await this.services().store.get(resource.key(namespace, object));
    return entry && this.decode<T>(resource, entry);
  }

  async list<T extends KubeObject>(
    name: ResourceName,
    namespace = '',
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const resource = this.resource(name);
    if (resource.virtual?.list !== undefined) {
      return resource.virtual.list(virtualRequest(this.services(), this.request(namespace))) as Promise<{
        items: T[];
        resourceVersion: string;
      }>;
    }
    const pages = listStored(this.services().store, resource, namespace, Selection.all(resource), NEWEST);
    const items: T[] = [];
    let page = await pages.next();
    for (; !page.done; page = await pages.next())
      items.push(...page.value.map(({ entry }) => this.decode<T>(resource, entry)));
    return { items, resourceVersion: page.value.resourceVersion ?? '' };
  }

  async *watch<T extends KubeObject>(
    name: ResourceName,
    resourceVersion: string,
    signal: AbortSignal,
    namespace = '',
    progressEvery?: number,
  ): AsyncGenerator<WatchEvent<T>> {
    const resource = this.resource(name);
    const scope = resource.prefix(namespace);
    const all = Selection.all(resource);
    const after = Number(resourceVersion);
    const options = { scope, after, signal, ...(progressEvery !== undefined && { progressEvery }) };
    try {
      if (progressEvery !== undefined) yield bookmark<T>(resource, after);
      for await (const { changes, revision } of this.services().hub.watch(options)) {
        // It may have got another definition.
        const current = this.services().resources.named(name) ?? resource;
        for (const change of changes) {
          const event = selectedEvent(current, change, all);
          if (event === undefined) continue;
          const { entry, previous } = change;
          const old = () => previous && this.decode<T>(current, previous);
          yield { type: event.type, object: this.decode<T>(current, entry), old };
        }
        if (progressEvery !== undefined) yield bookmark<T>(resource, revision);
      }
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'COMPACTED') throw error;
      throw tooOldResourceVersion(after, error.revision ?? 0);
    }
  }

  create<T extends KubeObject>(name: ResourceName, object: T, user?: UserInfo): Promise<T> {
    return this.createAs(name, object, { user, withStatus: false });
  }

  private async createAs<T extends KubeObject>(
    name: ResourceName,
    object: T,
    { user, withStatus }: { user: UserInfo | undefined; withStatus: boolean },
  ): Promise<T> {
    const resource = this.resource(name);
    const decoded = decodeObject(structuredClone(object), resource.definition).object;
    const request = { ...this.request(decoded.metadata.namespace ?? '', user), withStatus };
    if (resource.virtual?.create !== undefined) {
      return (await resource.virtual.create(decoded, virtualRequest(this.services(), request))) as T;
    }
    return (await createObject(this.services(), resource, decoded, request)).object as T;
  }

  update<T extends KubeObject>(name: ResourceName, object: T, user?: UserInfo): Promise<T> {
    return this.updatePart(name, object, '', user);
  }

  updateStatus<T extends KubeObject>(name: ResourceName, object: T, user?: UserInfo): Promise<T> {
    return this.updatePart(name, object, 'status', user);
  }

  /** As PUT on the object or on one of its parts. */
  async updatePart<T extends KubeObject>(name: ResourceName, object: T, part: Part, user?: UserInfo): Promise<T> {
    const resource = this.resource(name);
    const decoded = decodeObject(structuredClone(object), resource.definition).object;
    const { name: objectName = '', namespace = '' } = decoded.metadata;
    const request = this.request(namespace, user);
    if (resource.virtual?.update !== undefined) {
      return (await resource.virtual.update(decoded, virtualRequest(this.services(), request))) as T;
    }
    if (resource.stored === undefined)
      throw badRequest(`${formatGroupResource(resource.groupResource)} cannot be updated`);
    const change = () => structuredClone(decoded);
    const update = { name: objectName, part, subresource: part, change };
    return (await updateObject(this.services(), resource, update, request)).object as T;
  }

  createWithStatus<T extends KubeObject>(name: ResourceName, object: T, user?: UserInfo): Promise<T> {
    return this.createAs(name, object, { user, withStatus: true });
  }

  async change<T extends KubeObject>(
    name: ResourceName,
    namespace: string,
    object: string,
    part: '' | 'status' | 'all',
    change: (object: T) => T,
    options?: ChangeOptions,
  ): Promise<T> {
    const { resource, update, request } = this.updateOf(
      { resource: name, namespace, name: object, part, change },
      options,
    );
    return (await updateObject(this.services(), resource, update, request)).object as T;
  }

  async commit(writes: readonly ObjectWrite[], options: ChangeOptions = {}): Promise<KubeObject[]> {
    const { user, dryRun = false } = options;
    const commit = writes.map((write): RestWrite => {
      if (write.type === 'change') return { type: 'update', ...this.updateOf(write, options) };
      const { object } = write;
      const request = { ...this.request(object.metadata.namespace ?? '', user), dryRun };
      return { type: 'create', resource: this.resource(write.resource), object, request };
    });
    return (await commitObjects(this.services(), commit)).map(({ object }) => object);
  }

  private updateOf<T extends KubeObject>(
    { resource: resourceName, namespace, name, part, change }: ObjectChange<T>,
    { user, dryRun = false }: ChangeOptions = {},
  ): { resource: Resource; update: Update; request: RestRequest } {
    const resource = this.resource(resourceName);
    const written = part === 'all' ? '' : part;
    const update = {
      name,
      part: written,
      subresource: written,
      isShared: this.isShared,
      change: (old: KubeObject | undefined) => {
        if (old === undefined) throw notFound(resource.groupResource, name);
        return change(old as T);
      },
    };
    const request = { ...this.request(namespace, user), dryRun, withStatus: part === 'all' };
    return { resource, update, request };
  }

  delete(name: ResourceName, namespace: string, object: string, user?: UserInfo): Promise<void> {
    return this.deleteWith(name, namespace, object, {}, user);
  }

  /** As DELETE with options. */
  async deleteWith(
    name: ResourceName,
    namespace: string,
    object: string,
    options: DeleteOptions,
    user?: UserInfo,
  ): Promise<void> {
    const resource = this.resource(name);
    const request = this.request(namespace, user);
    if (resource.virtual?.delete !== undefined) {
      await resource.virtual.delete(object, virtualRequest(this.services(), request), options.preconditions ?? {});
    } else await deleteObject(this.services(), resource, object, options, request);
  }
}

function bookmark<T extends KubeObject>(
  { definition: { kind }, groupVersion }: Resource,
  revision: number,
): WatchEvent<T> {
  const object: KubeObject = { apiVersion: groupVersion, kind, metadata: { resourceVersion: String(revision) } };
  return { type: 'BOOKMARK', object: object as T };
}
