import { notAcceptable } from '@longshore/kube';
import type { Authorizer } from '../access/access.js';
import type { Item } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import type { Resources } from '../resources/resources.js';
import type { RestRequest, RestServices } from '../rest/rest-request.js';
import type { WatchHub } from '../watch/hub.js';
import type { Exchange } from './exchange.js';
import { ACCEPTED, negotiate, type Wanted } from './media-type.js';
import { representation } from './representation.js';

/** What the handlers of one server share. */
export interface HandlerServices extends RestServices {
  authorizer: Authorizer;
  resources: Resources;
  hub: WatchHub;
}

/** Answers a request for a resource. Errors: ApiError becomes the answer. */
export type Handler = (services: HandlerServices, exchange: Exchange, resource: Resource) => Promise<void>;

/** Errors: `NotAcceptable`, which makes clients that want protobuf ask for JSON. */
export function wantedOf(exchange: Exchange): Wanted {
  const wanted = negotiate(exchange.header('accept'));
  if (wanted === undefined) throw notAcceptable(ACCEPTED);
  return wanted;
}

/** The request as the operations on objects see it, whoever sent it. */
export function restRequest(exchange: Exchange, { namespaced }: Resource, dryRun: boolean): RestRequest {
  const { user, signal, query, info } = exchange;
  const namespace = namespaced ? info.namespace : '';
  return { user, namespace, dryRun, signal, query, warn: (text) => exchange.warn(text) };
}

/** Answers with one object. */
export function sendItem(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  status: number,
  item: Item,
): Promise<void> {
  const wanted = wantedOf(exchange);
  const form = representation(resource, wanted, exchange.query, () => services.now());
  return exchange.sendJson(status, form.single(item, true), wanted);
}
