import { createImage, digestOf, type GeneratedManifest, type ImageOptions } from './content.js';
import { requestTo, type HttpResponse, type Target } from './http.js';

/** A registry answered a push with another status than the protocol's. The message shows the beginning of the answer. */
export class PushError extends Error {
  readonly code = 'PUSH_REFUSED';
  constructor(
    what: string,
    readonly response: HttpResponse,
  ) {
    super(`${what}: ${response.status} ${response.body.toString().slice(0, 500)}`);
    this.name = 'PushError';
  }
}

/** Throws PushError unless the answer has the expected status. */
function expectStatus(what: string, response: HttpResponse, status: number): HttpResponse {
  if (response.status !== status) {
    throw new PushError(what, response);
  }
  return response;
}

/**
 * The path (with query) that a `Location` header names; with `parameters` added to the query.
 * Errors: TypeError when the header is missing or no URL.
 */
export function locationOf(response: HttpResponse, parameters: Record<string, string> = {}): string {
  const url = new URL(response.headers.location ?? '', 'http://registry.invalid');
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, value);
  }
  return `${url.pathname}${url.search}`;
}

/** Opens an upload session and returns its path. Errors: PushError. */
export async function startUpload(target: Target, repository: string): Promise<string> {
  const path = `/v2/${repository}/blobs/uploads/`;
  return locationOf(expectStatus(`POST ${path}`, await requestTo(target, path, { method: 'POST' }), 202));
}

/** Uploads a blob by POST and PUT and returns its digest. Errors: PushError, RequestError. */
export async function pushBlob(
  target: Target,
  repository: string,
  bytes: Uint8Array,
  digest = digestOf(bytes),
): Promise<string> {
  const session = await startUpload(target, repository);
  const path = `${session}${session.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  const headers = { 'content-type': 'application/octet-stream' };
  expectStatus(`PUT ${path}`, await requestTo(target, path, { method: 'PUT', headers, body: bytes }), 201);
  return digest;
}

/** Uploads a manifest alone, by tag or (without `reference`) by digest. Errors: PushError, RequestError. */
export async function pushManifest(
  target: Target,
  repository: string,
  manifest: Pick<GeneratedManifest, 'bytes' | 'descriptor'>,
  reference: string = manifest.descriptor.digest,
): Promise<HttpResponse> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const headers = { 'content-type': manifest.descriptor.mediaType };
  const response = await requestTo(target, path, { method: 'PUT', headers, body: manifest.bytes });
  return expectStatus(`PUT ${path}`, response, 201);
}

/**
 * Uploads what a manifest refers to, then the manifest; children by digest. Returns the answer to the last request.
 * Errors: PushError, RequestError.
 */
export async function pushTree(
  target: Target,
  repository: string,
  manifest: GeneratedManifest,
  reference?: string,
): Promise<HttpResponse> {
  for (const blob of manifest.blobs) {
    await pushBlob(target, repository, blob.bytes);
  }
  for (const child of manifest.children) {
    await pushTree(target, repository, child);
  }
  return pushManifest(target, repository, manifest, reference);
}

/** Generates an image and uploads it. Errors: PushError, RequestError. */
export async function pushImage(
  target: Target,
  repository: string,
  reference: string | undefined,
  options: ImageOptions,
): Promise<GeneratedManifest> {
  const image = createImage(options);
  await pushTree(target, repository, image, reference);
  return image;
}
