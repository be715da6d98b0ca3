import { notFound, type ListMeta } from '@longshore/kube';
import { ComputedItem, StoredItem, type Item } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { listStored } from '../rest/list.js';
import { parseListOptions } from '../rest/list-options.js';
import { getExisting, virtualRequest } from '../rest/rest-request.js';
import { Selection } from '../rest/selection.js';
import { AnswerStream } from './answer-stream.js';
import type { Exchange } from './exchange.js';
import { restRequest, sendItem, wantedOf, type Handler, type HandlerServices } from './handler.js';
import { representation, type Representation } from './representation.js';

export const get: Handler = async (services, exchange, resource) => {
  const { name } = exchange.info;
  const request = restRequest(exchange, resource, false);
  const virtual = virtualRequest(services, request);
  const computed = await (resource.virtual?.get?.(name, virtual) ?? resource.stored?.resolve?.(name, virtual));
  const item = computed
    ? new ComputedItem(computed)
    : new StoredItem(resource, await getExisting(services, resource, request.namespace, name));
  await sendItem(services, exchange, resource, 200, item);
};

export const list: Handler = async (services, exchange, resource) => {
  const wanted = wantedOf(exchange);
  if (resource.virtual?.listStatus !== undefined) {
    const request = virtualRequest(services, restRequest(exchange, resource, false));
    const status = await resource.virtual.listStatus(request);
    await exchange.sendJson(200, JSON.stringify(status), wanted);
    return;
  }
  const form = representation(resource, wanted, exchange.query, () => services.now());
  const pages = listPages(services, exchange, resource);
  // Whatever is wrong shows before the first page, while it can still be told.
  const page = await pages.next();
  if (wanted.encoding === 'yaml') {
    const parts: (Buffer | string)[] = [];
    for await (const part of encodePages(pages, page, form)) parts.push(part);
    await exchange.sendJson(200, parts.map(String).join(''), wanted);
    return;
  }
  const stream = new AnswerStream(exchange, 'application/json');
  for await (const part of encodePages(pages, page, form)) await stream.write(part);
  await stream.end();
};

type Pages = AsyncGenerator<Item[], ListMeta>;

/** A list as text, page by page. */
async function* encodePages(pages: Pages, first: IteratorResult<Item[], ListMeta>, form: Representation) {
  yield form.listHead();
  let page = first;
  let isFirst = true;
  for (; !page.done; page = await pages.next()) {
    const parts: Buffer[] = [];
    for (const item of page.value) {
      if (!isFirst) parts.push(COMMA);
      isFirst = false;
      const encoded = form.item(item);
      parts.push(typeof encoded === 'string' ? Buffer.from(encoded) : encoded);
    }
    yield Buffer.concat(parts);
  }
  yield form.listTail(page.value);
}

const COMMA = Buffer.from(',');

/** The objects of a collection that a request wants. Errors before the first page: `BadRequest`, `Invalid`, `Expired`. */
export function listPages(services: HandlerServices, exchange: Exchange, resource: Resource): Pages {
  const { query } = exchange;
  const selection = Selection.parse(resource, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '');
  const options = parseListOptions(query, false);
  const request = restRequest(exchange, resource, false);
  if (resource.virtual === undefined) {
    return listStored(services.store, resource, request.namespace, selection, options);
  }
  return listComputed(services, resource, selection, request);
}

async function* listComputed(
  services: HandlerServices,
  resource: Resource,
  selection: Selection,
  request: ReturnType<typeof restRequest>,
): Pages {
  if (resource.virtual?.list === undefined) throw notFound(resource.groupResource, '');
  const { items, resourceVersion } = await resource.virtual.list(virtualRequest(services, request));
  const selected = selection.everything ? items : items.filter((object) => selection.matches(object));
  yield selected.map((object) => new ComputedItem(object));
  return { resourceVersion };
}
