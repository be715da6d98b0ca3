import { isDigest, MediaType, RegistryError } from '@longshore/oci';
import type { Descriptor } from '@longshore/oci';
import type { Services } from '../services.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { digestParameter, nextLink, pageParameters } from './parameters.js';

/** An answer holds this much at most; the rest is on the next page. */
const PAGE_BYTES = 4 * 2 ** 20;

/** GET of what refers to a manifest, as an index, in pages (spec end-12; reference registry 1.8). */
export async function listReferrers(
  exchange: Exchange,
  route: { repository: string; digest: string },
  services: Services,
): Promise<void> {
  const subject = digestParameter(route.digest);
  const artifactType = exchange.query.get('artifactType') ?? '';
  const { n = Infinity, last } = pageParameters(exchange.query);
  if (last !== '' && !isDigest(last))
    throw new RegistryError('DIGEST_INVALID', { detail: { last: last.slice(0, 256) } });
  const page: string[] = [];
  let bytes = 0;
  let end: Descriptor | undefined;
  let more = false;
  for await (const descriptor of services.referrers.list(route.repository, subject, last === '' ? undefined : last)) {
    if (artifactType !== '' && descriptor.artifactType !== artifactType) continue;
    const text = JSON.stringify(descriptor);
    more = page.length >= n || (page.length > 0 && bytes + text.length > PAGE_BYTES);
    if (more) break;
    bytes += text.length;
    end = descriptor;
    page.push(text);
  }
  const headers: RawHeaders = ['Content-Type', MediaType.ociIndex];
  if (artifactType !== '') headers.push('OCI-Filters-Applied', 'artifactType');
  if (more && end) {
    const query = { last: end.digest, ...(artifactType !== '' && { artifactType }), ...(n !== Infinity && { n }) };
    headers.push('Link', nextLink(exchange.location(`/v2/${route.repository}/referrers/${subject}`), query));
  }
  exchange.send(
    200,
    headers,
    `{"schemaVersion":2,"mediaType":"${MediaType.ociIndex}","manifests":[${page.join(',')}]}`,
  );
}
