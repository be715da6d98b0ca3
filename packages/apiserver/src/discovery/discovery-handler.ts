import { createHash } from 'node:crypto';
import type { Resources } from '../resources/resources.js';
import type { Exchange } from '../request/exchange.js';
import { wantedOf } from '../request/handler.js';
import { parseAccept } from '../request/media-type.js';
import {
  aggregatedDiscovery,
  coreVersions,
  group,
  groupList,
  resourceList,
  type AggregatedVersion,
} from './discovery.js';

/** Answers which APIs there are. Resolves with false for paths that are none of discovery. */
export async function answerDiscovery(exchange: Exchange, resources: Resources): Promise<boolean> {
  const { path } = exchange.info;
  const isCore = path === '/api';
  if (isCore || path === '/apis') {
    const version = aggregatedVersion(exchange.header('accept'));
    if (version !== undefined) {
      await sendAggregated(exchange, aggregatedDiscovery(resources, isCore, version), version);
      return true;
    }
  }
  const document = documentAt(exchange, resources);
  if (document === undefined) return false;
  await exchange.sendJson(200, JSON.stringify(document), wantedOf(exchange));
  return true;
}

function documentAt(exchange: Exchange, resources: Resources): object | undefined {
  const parts = exchange.info.path.split('/').slice(1);
  if (parts[0] === 'api') {
    if (parts.length === 1) return coreVersions(resources, serverAddress(exchange));
    return parts.length === 2 ? resourceList(resources, parts[1] ?? '') : undefined;
  }
  if (parts[0] !== 'apis') return undefined;
  if (parts.length === 1) return groupList(resources);
  if (parts.length === 2) return group(resources, parts[1] ?? '');
  return parts.length === 3 ? resourceList(resources, `${parts[1]}/${parts[2]}`) : undefined;
}

function serverAddress({ request: { socket } }: Exchange): string {
  const address = socket.localAddress ?? '';
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 0}`;
}

/** The version of the aggregated form that stands before any plain JSON in an Accept header. */
function aggregatedVersion(accept: string | undefined): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const { g, as, v } = parameters;
    if (g === undefined && as === undefined) return undefined;
    const isAggregated = g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList';
    if (isAggregated && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

async function sendAggregated(exchange: Exchange, document: object, version: AggregatedVersion): Promise<void> {
  const body = JSON.stringify(document);
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const more = ['ETag', etag, 'Vary', 'Accept'];
  if (exchange.header('if-none-match') === etag) await exchange.send(304, type, '', more);
  else await exchange.send(200, type, body, more);
}
