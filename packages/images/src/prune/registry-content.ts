import { rootCertificates } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { isPrivateHost, type RegistryAddress } from './registry-url.js';

/** The registry cannot be used, or refuses to delete something. `isFatal`: it would refuse anything else as well. */
export class RegistryPruneError extends Error {
  override readonly name = 'RegistryPruneError';
  readonly code = 'REGISTRY_PRUNE_FAILED';

  constructor(
    message: string,
    readonly isFatal: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface RegistryContentOptions {
  /** Tried in turn until one answers. */
  addresses: readonly RegistryAddress[];
  /** PEM, from `--certificate-authority`. */
  certificateAuthority?: string | undefined;
  /** PEM, that of the API server. */
  clusterAuthority?: string | undefined;
  /** `--force-insecure`, or the API server is trusted without looking at its certificate. */
  insecure: boolean;
  /** The bearer token for each request. */
  token: () => Promise<string>;
  /** Links that a push has relied upon since stay. Milliseconds since 1970. */
  unmodifiedSince?: number | undefined;
  signal: AbortSignal;
  /** Passes the time between two attempts. */
  wait?: (milliseconds: number) => Promise<unknown>;
}

export type Deletion = 'deleted' | 'absent' | 'in use';

const PING_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
const MAX_SHOWN = 200;

interface Way {
  origin: string;
  /** Whether its certificate is looked at. */
  verified: boolean;
}

/** Deletes what a registry holds, by the routes of distribution and OpenShift (registry.md 1.2, 1.10). */
export class RegistryContent {
  private constructor(
    readonly origin: string,
    private readonly dispatcher: Dispatcher,
    private readonly options: RegistryContentOptions,
  ) {}

  /** Finds the registry: `/` or `/healthz` must answer (8.2 step 2). Errors: {@link RegistryPruneError}. */
  static async find(options: RegistryContentOptions): Promise<RegistryContent> {
    const failures: string[] = [];
    for (const way of options.addresses.flatMap((address) => waysTo(address, options))) {
      options.signal.throwIfAborted();
      const dispatcher = dispatcherFor(way, options);
      const failure = await ping(way.origin, dispatcher);
      if (failure === undefined) {
        const content = new RegistryContent(way.origin, dispatcher, options);
        await content.checkToken();
        return content;
      }
      failures.push(`${way.origin}${way.verified ? '' : ' (unverified)'}: ${failure}`);
      await dispatcher.close();
    }
    throw new RegistryPruneError(
      `the registry cannot be reached (${failures.join('; ') || 'no host is known'}); name it with --registry-url, or ` +
        'leave it alone with --prune-registry=false',
      true,
    );
  }

  async deleteLayerLink(repository: string, digest: string): Promise<Deletion> {
    return deletionOf(await this.delete(`/v2/${pathOf(repository)}/blobs/${digest}`));
  }

  async deleteManifestLink(repository: string, digest: string): Promise<Deletion> {
    return deletionOf(await this.delete(`/v2/${pathOf(repository)}/manifests/${digest}`));
  }

  /** Longshore's registry answers 202 where a push may be about to use the blob. */
  async deleteBlob(digest: string): Promise<Deletion> {
    const status = await this.delete(`/admin/blobs/${digest}`);
    return status === 202 ? 'in use' : deletionOf(status);
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }

  private async checkToken(): Promise<void> {
    const { status } = await this.send('GET', '/v2/');
    if (status === 401 || status === 403) {
      await this.close();
      throw new RegistryPruneError(`the registry at ${this.origin} does not take your token`, true);
    }
  }

  /** The status of a success. */
  private async delete(path: string): Promise<number> {
    const { status, text } = await this.send('DELETE', path);
    if ((status >= 200 && status < 300) || status === 404 || status === 412) return status;
    const why = text.trim().slice(0, MAX_SHOWN);
    const refused = status === 401 || status === 403;
    throw new RegistryPruneError(`DELETE ${path}: the registry answers ${status}${why && `: ${why}`}`, refused);
  }

  /** Repeats what the registry, or the way to it, could not do just now. */
  private async send(method: 'GET' | 'DELETE', path: string): Promise<{ status: number; text: string }> {
    const { wait = sleep } = this.options;
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === ATTEMPTS;
      let pause = FIRST_WAIT_MS * 2 ** (attempt - 1);
      try {
        const answer = await this.request(method, path);
        if (isLast || !(answer.status === 429 || answer.status >= 500)) return answer;
        pause = Math.max(pause, answer.retryAfterMs);
      } catch (error) {
        if (isLast) {
          throw new RegistryPruneError(`${method} ${path}: ${reasonOf(error)}`, false, { cause: error });
        }
      }
      await wait(Math.min(pause, MAX_WAIT_MS));
    }
  }

  private async request(method: 'GET' | 'DELETE', path: string) {
    const { unmodifiedSince } = this.options;
    const answer = await this.dispatcher.request({
      origin: this.origin,
      path,
      method,
      headers: {
        authorization: `Bearer ${await this.options.token()}`,
        'user-agent': 'longshore',
        ...(method === 'DELETE' &&
          unmodifiedSince !== undefined && { 'if-unmodified-since': new Date(unmodifiedSince).toUTCString() }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const seconds = Number(answer.headers['retry-after'] ?? 0);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
    const text = answer.statusCode < 300 ? '' : await startOf(answer.body);
    if (answer.statusCode < 300) await answer.body.dump();
    return { status: answer.statusCode, text, retryAfterMs };
  }
}

/** https, then what an insecure registry may be reached by (8.2 step 2; operator.md 2.2). */
function waysTo({ scheme, host }: RegistryAddress, options: RegistryContentOptions): Way[] {
  const mayBeInsecure =
    options.certificateAuthority === undefined && (options.insecure || scheme === 'http' || isPrivateHost(host));
  const ways: Way[] = [];
  if (scheme !== 'http') ways.push({ origin: `https://${host}`, verified: true });
  if (scheme !== 'http' && mayBeInsecure) ways.push({ origin: `https://${host}`, verified: false });
  if (scheme !== 'https' && mayBeInsecure) ways.push({ origin: `http://${host}`, verified: false });
  return ways;
}

function dispatcherFor({ verified }: Way, { certificateAuthority, clusterAuthority }: RegistryContentOptions): Agent {
  const own = [certificateAuthority, clusterAuthority].filter((pem) => pem !== undefined);
  const ca = [...rootCertificates, ...own];
  return new Agent({ connect: { timeout: PING_TIMEOUT_MS, ca, rejectUnauthorized: verified } });
}

/** Undefined when the registry answers, else why not. */
async function ping(origin: string, dispatcher: Dispatcher): Promise<string | undefined> {
  let failure = '';
  for (const path of ['/', '/healthz']) {
    try {
      const signal = AbortSignal.timeout(PING_TIMEOUT_MS);
      const { statusCode, body } = await dispatcher.request({ origin, path, method: 'GET', signal });
      await body.dump();
      if (statusCode >= 200 && statusCode < 300) return undefined;
      failure = `${path} answers ${statusCode}`;
    } catch (error) {
      return reasonOf(error);
    }
  }
  return failure;
}

function deletionOf(status: number): Deletion {
  if (status === 404) return 'absent';
  return status === 412 ? 'in use' : 'deleted';
}

const pathOf = (repository: string) => repository.split('/').map(encodeURIComponent).join('/');

async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > MAX_SHOWN) break;
  }
  return text;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as NodeJS.ErrnoException;
  return error.message === '' ? (code ?? error.name) : error.message;
}
