import { invalid, notFound, type KubeObject } from '@longshore/kube';
import type { Subresource, VirtualRequest } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { getExisting, virtualRequest } from '../rest/rest-request.js';
import { applyScale, readScale, SCALE, type Scale } from '../rest/scale.js';
import { updateObject } from '../rest/update.js';
import { invalidValue } from '../schema/field-error.js';
import { decodeBody } from './decode-body.js';
import type { Exchange } from './exchange.js';
import { restRequest, wantedOf, type Handler, type HandlerServices } from './handler.js';
import { readPatch } from './patch-body.js';
import { get } from './read.js';
import { admitAll, patchPart, updatePart } from './write.js';
import { sendText } from './text-stream.js';
import { parseWriteOptions } from './write-options.js';

/** By verb; what is missing is not allowed. */
export type VerbHandlers = Readonly<Partial<Record<string, Handler>>>;

/** The handlers of a subresource; undefined when the resource has none of this name. */
export function subresourceHandlers({ definition, stored }: Resource, name: string): VerbHandlers | undefined {
  const own = definition.subresources?.[name];
  if (own !== undefined && Object.hasOwn(definition.subresources ?? {}, name)) return ownHandlers(own);
  if (name === 'status' && definition.status) return STATUS;
  if (name === 'scale' && definition.scale) return SCALE_HANDLERS;
  if (name === 'finalize' && stored?.specFinalizers) return FINALIZE;
  return undefined;
}

const STATUS: VerbHandlers = {
  get,
  update: (services, exchange, resource) => updatePart(services, exchange, resource, 'status'),
  patch: (services, exchange, resource) => patchPart(services, exchange, resource, 'status'),
};

const FINALIZE: VerbHandlers = {
  update: (services, exchange, resource) => updatePart(services, exchange, resource, 'finalize'),
};

const SCALE_HANDLERS: VerbHandlers = {
  get: async (services, exchange, resource) => {
    const request = restRequest(exchange, resource, false);
    const entry = await getExisting(services, resource, request.namespace, exchange.info.name);
    await sendScale(exchange, readScale(resource, resource.decode(entry)));
  },
  update: async (services, exchange, resource) => {
    const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'UpdateOptions');
    const scale = await decodeBody(exchange, SCALE, fieldValidation);
    await writeScale(services, exchange, resource, dryRun, () => scale);
  },
  patch: async (services, exchange, resource) => {
    const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'PatchOptions');
    const apply = await readPatch(exchange, SCALE, fieldValidation);
    await writeScale(services, exchange, resource, dryRun, apply);
  },
};

async function writeScale(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  dryRun: boolean,
  change: (scale: KubeObject) => KubeObject,
): Promise<void> {
  const { name } = exchange.info;
  const update = {
    name,
    part: '' as const,
    subresource: 'scale',
    change: (old: KubeObject | undefined) => {
      if (old === undefined) throw notFound(resource.groupResource, name);
      const scale = change(readScale(resource, old)) as Scale;
      const { replicas = 0 } = scale.spec ?? {};
      if (replicas < 0) {
        const cause = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
        throw invalid({ group: SCALE.group, kind: SCALE.kind }, name, [cause]);
      }
      return applyScale(resource, old, scale);
    },
  };
  const { object } = await updateObject(services, resource, update, restRequest(exchange, resource, dryRun));
  await sendScale(exchange, readScale(resource, object));
}

function sendScale(exchange: Exchange, scale: KubeObject): Promise<void> {
  return exchange.sendJson(200, JSON.stringify(scale), wantedOf(exchange));
}

/** What a definition has made itself. */
function ownHandlers(subresource: Subresource): VerbHandlers {
  const handlers: Partial<Record<string, Handler>> = {};
  if (subresource.get) handlers.get = ownRead(subresource.get.bind(subresource));
  if (subresource.text) handlers.get = ownText(subresource.text.bind(subresource));
  if (subresource.create) handlers.create = ownWrite(subresource, 'CREATE', subresource.create.bind(subresource));
  if (subresource.update) handlers.update = ownWrite(subresource, 'UPDATE', subresource.update.bind(subresource));
  if (subresource.get && subresource.update) {
    handlers.patch = ownPatch(subresource, subresource.get.bind(subresource), subresource.update.bind(subresource));
  }
  return handlers;
}

type Call = (name: string, body: KubeObject, request: VirtualRequest) => Promise<KubeObject>;

function ownRead(call: NonNullable<Subresource['get']>): Handler {
  return async (services, exchange, resource) => {
    const request = virtualRequest(services, restRequest(exchange, resource, false));
    const object = await call(exchange.info.name, request);
    await exchange.sendJson(200, JSON.stringify(object), wantedOf(exchange));
  };
}

function ownText(call: NonNullable<Subresource['text']>): Handler {
  return async (services, exchange, resource) => {
    const pieces = await call(exchange.info.name, virtualRequest(services, restRequest(exchange, resource, false)));
    await sendText(exchange, pieces);
  };
}

function shapeOf({ kind, group, version, schema }: Subresource, { definition }: Resource) {
  return { kind, schema, group: group ?? definition.group, version: version ?? definition.version };
}

function ownWrite(subresource: Subresource, operation: 'CREATE' | 'UPDATE', call: Call): Handler {
  return async (services, exchange, resource) => {
    const kind = operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions';
    const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, kind);
    const body = await decodeBody(exchange, shapeOf(subresource, resource), fieldValidation);
    await callWith(services, exchange, resource, { dryRun, operation, call }, body);
  };
}

function ownPatch(subresource: Subresource, get: NonNullable<Subresource['get']>, call: Call): Handler {
  return async (services, exchange, resource) => {
    const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'PatchOptions');
    const apply = await readPatch(exchange, shapeOf(subresource, resource), fieldValidation);
    const request = virtualRequest(services, restRequest(exchange, resource, dryRun));
    const body = apply(await get(exchange.info.name, request));
    await callWith(services, exchange, resource, { dryRun, operation: 'UPDATE', call }, body);
  };
}

interface OwnCall {
  dryRun: boolean;
  operation: 'CREATE' | 'UPDATE';
  call: Call;
}

async function callWith(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  { dryRun, operation, call }: OwnCall,
  object: KubeObject,
): Promise<void> {
  const { name, subresource } = exchange.info;
  const request = restRequest(exchange, resource, dryRun);
  await admitAll(services, { operation, subresource, name, object }, resource, request);
  const answer = await call(name, object, virtualRequest(services, request));
  await exchange.sendJson(operation === 'CREATE' ? 201 : 200, JSON.stringify(answer), wantedOf(exchange));
}

export interface SubresourceDescription {
  name: string;
  kind: string;
  group: string;
  version: string;
  verbs: string[];
}

/** The subresources of a resource, for discovery. */
export function subresourcesOf(resource: Resource): SubresourceDescription[] {
  const { definition } = resource;
  const names = new Set([...Object.keys(definition.subresources ?? {}), 'status', 'scale', 'finalize']);
  return [...names].flatMap((name) => {
    const handlers = subresourceHandlers(resource, name);
    if (handlers === undefined) return [];
    const own = definition.subresources?.[name];
    const { kind, group, version } = own !== undefined ? shapeOf(own, resource) : name === 'scale' ? SCALE : definition;
    return [{ name, kind, group, version, verbs: Object.keys(handlers).sort() }];
  });
}
