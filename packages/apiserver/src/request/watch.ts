import { notAcceptable, tooOldResourceVersion, type KubeObject } from '@longshore/kube';
import type { WatchEvent } from '../definition.js';
import { ComputedItem } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { checkReached, listStored } from '../rest/list.js';
import { NEWEST, parseListOptions, type ListOptions } from '../rest/list-options.js';
import { virtualRequest } from '../rest/rest-request.js';
import { Selection } from '../rest/selection.js';
import { StoreError } from '../store/store.js';
import { endOfWatch } from '../watch/end-of-watch.js';
import { toApiError, type Exchange } from './exchange.js';
import { restRequest, wantedOf, type Handler, type HandlerServices } from './handler.js';
import { ACCEPTED } from './media-type.js';
import { representation } from './representation.js';
import { selectedEvent, type EventType, type ItemEvent } from './watch-events.js';
import { BOOKMARK_MS, WatchProgress } from './watch-progress.js';
import { WatchStream } from './watch-stream.js';

/** Without a wish of the client, watches end after half an hour to an hour, so that they spread (kube-apiserver). */
const MIN_SECONDS = 1800;

export const watch: Handler = async (services, exchange, resource) => {
  const wanted = wantedOf(exchange);
  if (wanted.encoding !== 'json') throw notAcceptable(ACCEPTED);
  const { query } = exchange;
  const options = parseListOptions(query, true);
  const selection = Selection.parse(resource, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '');
  const form = representation(resource, wanted, query, () => services.now());
  if (options.sendInitialEvents && options.resourceVersion) await checkReached(services.store, options.resourceVersion);
  const seconds = options.timeoutSeconds || MIN_SECONDS * (1 + Math.random());
  // With another definition, objects look different: clients come back for them.
  const end = endOfWatch([exchange.signal, resource.ended], seconds);
  const stream = new WatchStream(exchange, resource, form, end.signal);
  const request = { resource, selection, options, stream, signal: end.signal };
  try {
    await (resource.virtual ? sendComputed : sendStored)(services, exchange, request);
    stream.end();
  } catch (error) {
    await failWatch(error, exchange, request);
  } finally {
    end.clear();
  }
};

interface WatchRequest {
  resource: Resource;
  selection: Selection;
  options: ListOptions;
  stream: WatchStream;
  /** Aborts when the watch is over, for whatever reason. */
  signal: AbortSignal;
}

async function sendStored(services: HandlerServices, exchange: Exchange, request: WatchRequest): Promise<void> {
  const { resource, selection, options, stream, signal } = request;
  const namespace = resource.namespaced ? exchange.info.namespace : '';
  let after = options.resourceVersion || (await services.store.revision());
  if (options.sendInitialEvents ?? !options.resourceVersion) {
    const pages = listStored(services.store, resource, namespace, selection, NEWEST);
    let page = await pages.next();
    for (; !page.done; page = await pages.next()) await stream.send(page.value.map(added));
    after = Number(page.value.resourceVersion);
    if (options.sendInitialEvents) await stream.initialEventsEnd(String(after));
  }
  stream.begin();
  const scope = scopeOf(resource, namespace, selection);
  const progress = new WatchProgress(stream, options.allowWatchBookmarks);
  progress.begin(after);
  for await (const { changes, revision } of services.hub.watch({ scope, after, progressEvery: BOOKMARK_MS, signal })) {
    const events = changes.flatMap((change) => selectedEvent(resource, change, selection) ?? []);
    await stream.send(events);
    await progress.reach(revision, events.length > 0);
  }
  if (!exchange.signal.aborted) await progress.end();
}

const added = (item: ItemEvent['item']): ItemEvent => ({ type: 'ADDED', item });

/** Who wants one name is not woken for others. */
function scopeOf(resource: Resource, namespace: string, { name }: Selection): string {
  const isOne = name !== undefined && name !== '' && (namespace !== '' || !resource.namespaced);
  return isOne ? resource.key(namespace, name) : resource.prefix(namespace);
}

async function sendComputed(services: HandlerServices, exchange: Exchange, request: WatchRequest): Promise<void> {
  const { resource, selection, options, stream, signal } = request;
  const { virtual } = resource;
  const context = { ...virtualRequest(services, restRequest(exchange, resource, false)), signal };
  const matches = (object: KubeObject) => selection.everything || selection.matches(object);
  let from = String(options.resourceVersion || (await services.store.revision()));
  if (virtual?.list !== undefined && (options.sendInitialEvents ?? !options.resourceVersion)) {
    const { items, resourceVersion } = await virtual.list(context);
    await stream.send(items.filter(matches).map((object) => computed('ADDED', object)));
    from = resourceVersion;
    if (options.sendInitialEvents) await stream.initialEventsEnd(from);
  }
  stream.begin();
  const progress = new WatchProgress(stream, options.allowWatchBookmarks);
  let hasSent = false;
  for await (const change of virtual?.watch?.(from, context, BOOKMARK_MS) ?? []) {
    if (change.type === 'BOOKMARK') {
      await progress.reach(Number(change.object.metadata.resourceVersion), hasSent);
      hasSent = false;
      continue;
    }
    const event = seenBy(change, matches);
    if (event === undefined) continue;
    await stream.send([event]);
    hasSent = true;
  }
  if (!exchange.signal.aborted) await progress.end();
}

/** What a change is to who sees a selection; a computed object that does not say what it was is taken as one that matched. */
function seenBy({ type, object, old }: WatchEvent, matches: (object: KubeObject) => boolean): ItemEvent | undefined {
  if (type === 'BOOKMARK') return undefined;
  if (type !== 'MODIFIED' || old === undefined) return matches(object) ? computed(type, object) : undefined;
  const before = old();
  const matched = before !== undefined && matches(before);
  if (matches(object)) return computed(matched ? 'MODIFIED' : 'ADDED', object);
  if (!matched) return undefined;
  // The last state that matched, at the version at which it ceased to.
  const { resourceVersion = '' } = object.metadata;
  return computed('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion } });
}

const computed = (type: EventType, object: KubeObject): ItemEvent => ({ type, item: new ComputedItem(object) });

/** What goes wrong is told as an event; a version that is forgotten even when nothing has been sent yet. */
async function failWatch(cause: unknown, exchange: Exchange, request: WatchRequest): Promise<void> {
  const { stream, options, signal } = request;
  if (signal.aborted) {
    // The time was over while the client did not read: it would not read an end either.
    exchange.response.destroy();
    return;
  }
  if (cause instanceof StoreError && cause.code === 'CLOSED') {
    stream.end();
    return;
  }
  const isTooOld = cause instanceof StoreError && cause.code === 'COMPACTED';
  if (!isTooOld && !exchange.response.headersSent) throw cause;
  const error = isTooOld ? tooOldResourceVersion(options.resourceVersion ?? 0, cause.revision ?? 0) : toApiError(cause);
  await stream.fail(error.toStatus());
  stream.end();
}
