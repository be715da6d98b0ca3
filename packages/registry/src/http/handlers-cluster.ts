import { RegistryError, type Digest } from '@longshore/oci';
import { leasedBlob } from '../layout.js';
import type { Services } from '../services.js';
import type { Cluster } from '../streams/cluster.js';
import type { Exchange } from './exchange.js';
import { digestParameter } from './parameters.js';
import { readSmallBody } from './request-body.js';

export interface SignaturesRoute {
  repository: string;
  digest: string;
}

/** Clients refuse larger ones too. */
const MAX_SIGNATURE_BYTES = 4 * 2 ** 20;

/** GET of the signatures of an image (reference registry 1.10). */
export async function readSignatures(exchange: Exchange, route: SignaturesRoute, services: Services): Promise<void> {
  const digest = digestParameter(route.digest);
  await checkBelongs(route.repository, digest, services);
  exchange.sendJson(200, { signatures: await clusterOf(services).signatures.list(digest) });
}

/** PUT of a signature, by who may pull and push here and create signatures (reference registry 1.10, 2.2). */
export async function addSignature(exchange: Exchange, route: SignaturesRoute, services: Services): Promise<void> {
  const digest = digestParameter(route.digest);
  const cluster = clusterOf(services);
  await checkMaySign(exchange, route.repository, cluster);
  const body = await readSmallBody(exchange.request, MAX_SIGNATURE_BYTES, (limit) => {
    return new RegistryError('SIGNATURE_INVALID', {
      status: 413,
      message: 'the signature is too large',
      detail: { limit },
    });
  });
  await checkBelongs(route.repository, digest, services);
  await cluster.signatures.add(digest, body);
  exchange.send(201);
}

async function checkMaySign({ subject }: Exchange, repository: string, cluster: Cluster): Promise<void> {
  const right = { verb: 'create', resource: 'imagesignatures', subresource: '', ...cluster.streamName(repository) };
  if (subject && (await cluster.allows(subject, right))) return;
  throw new RegistryError('DENIED', { detail: { name: repository, right: 'create imagesignatures' } });
}

/** An image of another project is none of the sender's business. */
async function checkBelongs(repository: string, digest: Digest, { contents, manifests }: Services): Promise<void> {
  if (await manifests.has(repository, digest)) return;
  if (await contents.isListed(repository, digest)) return;
  throw new RegistryError('MANIFEST_UNKNOWN', { detail: { digest } });
}

/**
 * DELETE of the content of a blob, for the pruner, which knows that no image needs it: 204, also when it is not there. Content
 * that somebody may be about to use is kept, 202: it goes with a later collection (reference registry 1.10, 8.2).
 */
export async function pruneBlob(exchange: Exchange, route: { digest: string }, { leases }: Services): Promise<void> {
  const blob = leasedBlob(digestParameter(route.digest));
  const deleted = await leases.collect(blob, Date.now() - leases.leaseMs);
  exchange.send(deleted || !(await leases.look(blob)) ? 204 : 202);
}

/** These resources are there only when there is a cluster: see `Dispatcher`. */
function clusterOf({ cluster }: Services): Cluster {
  if (cluster) return cluster;
  throw new RegistryError('UNSUPPORTED', { status: 404, message: 'this registry belongs to no cluster' });
}
