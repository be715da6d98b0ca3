import { digestOf, MEDIA_TYPES } from './content.js';
import { requestTo, type HttpResponse, type Target } from './http.js';

/** An `Accept` header with all kinds of manifests; some registries hide what a client does not ask for. */
export const ACCEPT_MANIFESTS = [MEDIA_TYPES.oci, MEDIA_TYPES.docker]
  .flatMap(({ manifest, index }) => [manifest, index])
  .join(', ');

/** Asks for a manifest by tag or digest, whatever its kind. */
export function getManifest(target: Target, repository: string, reference: string): Promise<HttpResponse> {
  return requestTo(target, `/v2/${repository}/manifests/${reference}`, { headers: { accept: ACCEPT_MANIFESTS } });
}

/** Fetches a blob and returns the digest of what came. Errors: RequestError; Error when the answer is not 200. */
export async function digestOfPulledBlob(target: Target, repository: string, digest: string): Promise<string> {
  const response = await requestTo(target, `/v2/${repository}/blobs/${digest}`);
  if (response.status !== 200) {
    throw new Error(`GET ${digest} of ${repository}: ${response.status} ${response.body.toString().slice(0, 500)}`);
  }
  return digestOf(response.body, digest.startsWith('sha512:') ? 'sha512' : 'sha256');
}
