import type { Digest } from '@longshore/oci';
import { readBody } from '../http/read-body.js';
import { sendFollowing } from '../http/redirects.js';
import { retrying } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import { normalizeRepository, type RepositoryName } from '../repository-name.js';
import { LARGEST_SIGNATURE, numberedSignatures } from '../signatures/numbered-signatures.js';
import type { ClientContext } from './client-context.js';
import type { Endpoint } from './endpoint.js';
import { answerFailure, failureOf } from './failure.js';
import type { ApiRequest, RegistryApi } from './registry-api.js';

export interface SignaturesRequest {
  /** Further ones are left out. */
  most: number;
  signal: AbortSignal;
}

/** Base64 takes four bytes for three, and each signature has a name. */
const LARGEST_ANSWER = 16 * 2 * LARGEST_SIGNATURE;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** See `RegistryClient.signatures`. */
export async function extensionSignatures(
  api: RegistryApi,
  endpoint: Endpoint,
  name: RepositoryName,
  digest: Digest,
  credentials: ApiRequest['credentials'],
  { most, signal }: SignaturesRequest,
): Promise<Uint8Array[]> {
  const { retries } = api.context;
  const { hasSignatures } = await retrying(() => endpoint.reach(signal), { ...retries, signal });
  if (!hasSignatures) return [];
  const repository = normalizeRepository(name);
  const subject = `signatures of ${repository.host}/${repository.name}@${digest}`;
  const path = `/extensions/v2/${repository.name}/signatures/${digest}`;
  const request = { repository, credentials, operation: 'signatures', method: 'GET', path, subject, signal } as const;
  try {
    const body = await api.request(endpoint, { ...request, registryHeaders: {} }, ({ answer }) =>
      readBody(answer.body, LARGEST_ANSWER),
    );
    return parseSignatures(body, subject).slice(0, most);
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

/** Those of a kind or version that is not known are left out. */
function parseSignatures(body: Buffer, subject: string): Uint8Array[] {
  const signatures = signaturesOf(body);
  if (signatures === undefined) {
    throw new RemoteError('INVALID', `${subject}: the registry answers with what is no list of signatures`);
  }
  return signatures.flatMap((item: unknown) => {
    const { schemaVersion, type, content } = Object(item) as Record<string, unknown>;
    if (schemaVersion !== 2 || type !== 'atomic' || typeof content !== 'string' || !BASE64.test(content)) return [];
    const bytes = Buffer.from(content, 'base64');
    return bytes.byteLength <= LARGEST_SIGNATURE ? [bytes] : [];
  });
}

function signaturesOf(body: Buffer): unknown[] | undefined {
  try {
    const { signatures } = Object(JSON.parse(body.toString())) as { signatures?: unknown };
    return Array.isArray(signatures) ? signatures : undefined;
  } catch {
    return undefined;
  }
}

/** See `RegistryClient.storedSignatures`. */
export function storedSignatures(
  context: ClientContext,
  base: string,
  name: RepositoryName,
  digest: Digest,
  { most, signal }: SignaturesRequest,
): AsyncIterable<Uint8Array> {
  const { name: repository } = normalizeRepository(name);
  const readUrl = (url: string) =>
    retrying(() => readStored(context, new URL(url), signal), { ...context.retries, signal });
  return numberedSignatures(digest, { base, repository, most, readUrl, signal });
}

async function readStored(context: ClientContext, url: URL, signal: AbortSignal): Promise<Uint8Array | undefined> {
  // Queries may hold what is secret.
  const subject = `${url.origin}${url.pathname}`;
  await context.limiterFor(url.host)?.take(signal);
  try {
    const { answer, url: last } = await sendFollowing(
      (hop) => context.send(hop, { registry: url.host, operation: 'signatures', subject }),
      { url, method: 'GET', headers: {}, signal, insecure: false, trust: [] },
      [],
    );
    const { statusCode: status, headers } = answer;
    const body = await readBody(answer.body, LARGEST_SIGNATURE);
    if (status === 200) return body;
    if (status === 404) return undefined;
    const asked = { subject, host: last.host, hadCredentials: false, now: context.clock.now() };
    throw answerFailure({ status, headers, body }, asked);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, subject, url.host);
  }
}
