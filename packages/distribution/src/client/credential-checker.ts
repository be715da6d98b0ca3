import { isRegistryHost, isRepositoryName, normalizeHost } from '@longshore/oci';
import { authorize, TokenRefusedError } from '../auth/authorizer.js';
import type { Challenge } from '../auth/challenge.js';
import type { Credential } from '../credentials/credential.js';
import { readBeginning } from '../http/read-body.js';
import { retrying } from '../http/retry.js';
import type { Answer, Method } from '../http/transport.js';
import { RemoteError } from '../remote-error.js';
import { normalizeRepository } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import { ClientContext } from './client-context.js';
import { chooseChallenge, Endpoint } from './endpoint.js';
import { answerFailure } from './failure.js';
import type { RegistryClientOptions } from './options.js';
import { refusalOf, refusedError, tokenRefusal } from './refusal.js';
import type { Waiting } from './remote-repository.js';

/** `accepted`: the registry knows the credential. `not-asked`: it lets everybody in and looks at none. */
export type LoginOutcome = 'accepted' | 'not-asked';

interface Question {
  endpoint: Endpoint;
  credential: Credential;
  method: Method;
  /** From `/v2/` on. */
  path: string;
  scopes: readonly string[];
  subject: string;
  signal: AbortSignal;
}

const LARGEST_ERROR = 16 * 1024;
/** How registries say that a push is not possible: no right, no such project, read-only. */
const NO_PUSH: ReadonlySet<number> = new Set([401, 403, 404, 405]);

/** Asks registries what a credential is good for. The options for credentials of the client are not looked at. */
export class CredentialChecker {
  readonly #context: ClientContext;

  constructor(options: Omit<RegistryClientOptions, 'credentials'> = {}) {
    this.#context = new ClientContext(options);
  }

  /**
   * Logs in: a ping, a token without any right where the registry wants one, and the ping again with it. Errors: RemoteError,
   * WRONG_CREDENTIALS for a credential that the registry does not know.
   */
  async login(host: string, credential: Credential, { signal }: Waiting): Promise<LoginOutcome> {
    const endpoint = this.#endpoint(host);
    const question = { endpoint, credential, method: 'GET', path: '/v2/', scopes: [], subject: host, signal } as const;
    return this.#retrying(signal, async () => {
      const { challenge } = await endpoint.reach(signal);
      if (challenge === undefined) return 'not-asked';
      const { answer, asToken } = await this.#askAs(question, challenge);
      if (answer.statusCode === 200) {
        await answer.body.dump();
        return 'accepted';
      }
      throw await this.#failure(answer, question, asToken);
    });
  }

  /**
   * Whether a credential may push to a repository: an upload is begun, and cancelled at once, so nothing is left. Errors:
   * RemoteError when that cannot be found out.
   */
  async mayPush(repository: RepositoryName, credential: Credential, { signal }: Waiting): Promise<boolean> {
    const { host, name } = normalizeRepository(repository);
    if (!isRepositoryName(name)) throw new RemoteError('INVALID', `${JSON.stringify(name)} does not name a repository`);
    const endpoint = this.#endpoint(host);
    const scopes = [`repository:${name}:pull,push`];
    const subject = `${host}/${name}`;
    const path = `/v2/${name}/blobs/uploads/`;
    const question = { endpoint, credential, method: 'POST', path, scopes, subject, signal } as const;
    return this.#retrying(signal, async () => {
      const { answer, asToken, authorization } = await this.#ask(question);
      const { statusCode: status, headers } = answer;
      if (status === 202) {
        await answer.body.dump();
        await this.#cancel(question, String(headers.location ?? ''), authorization);
        return true;
      }
      if (!NO_PUSH.has(status)) throw await this.#failure(answer, question, asToken);
      await answer.body.dump();
      return false;
    });
  }

  async close(): Promise<void> {
    await this.#context.transport.close();
  }

  #endpoint(host: string): Endpoint {
    if (!isRegistryHost(host)) throw new RemoteError('INVALID', `${JSON.stringify(host.slice(0, 300))} is not a host`);
    return new Endpoint(normalizeHost(host), this.#context.options.insecure?.(host) ?? false, this.#context);
  }

  #retrying<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return retrying(work, { ...this.#context.retries, signal });
  }

  /** Some registries ask for credentials only where something is wanted of them. */
  async #ask(question: Question): Promise<{ answer: Answer; asToken: boolean; authorization?: string }> {
    const { challenge } = await question.endpoint.reach(question.signal);
    if (challenge !== undefined) return this.#askAs(question, challenge);
    const answer = await this.#send(question, undefined);
    const late = answer.statusCode === 401 ? chooseChallenge(answer.headers['www-authenticate']) : undefined;
    if (late === undefined) return { answer, asToken: false };
    await answer.body.dump();
    return this.#askAs(question, late);
  }

  async #askAs(question: Question, challenge: Challenge) {
    const { endpoint, subject } = question;
    try {
      const { value: authorization } = await authorize(this.#context, { ...question, challenge });
      if (authorization === undefined) {
        const words = `${subject}: ${endpoint.host} wants a user name and password, and cannot use an identity token`;
        throw new RemoteError('WRONG_CREDENTIALS', words, { hadCredentials: true });
      }
      const answer = await this.#send(question, authorization);
      return { answer, asToken: challenge.scheme === 'bearer', authorization };
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      throw refusedError([tokenRefusal(error, true)], subject, endpoint.host);
    }
  }

  async #send(question: Question, authorization: string | undefined): Promise<Answer> {
    const { endpoint, method, path, subject, signal } = question;
    const { origin } = await endpoint.reach(signal);
    const url = new URL(path, origin);
    await endpoint.turn(signal);
    const headers = { ...this.#context.options.headers, ...(authorization !== undefined && { authorization }) };
    const operation = method === 'GET' ? 'ping' : 'upload';
    return this.#context.send(
      { url, method, headers, signal, insecure: endpoint.insecure },
      { registry: endpoint.host, operation, subject },
    );
  }

  /** A registry that takes uploads elsewhere is left alone: it forgets them after a while. */
  async #cancel(question: Question, location: string, authorization: string | undefined): Promise<void> {
    const { origin } = await question.endpoint.reach(question.signal);
    if (!URL.canParse(location, `${origin}${question.path}`)) return;
    const url = new URL(location, `${origin}${question.path}`);
    if (url.origin !== origin) return;
    const path = `${url.pathname}${url.search}`;
    const { body } = await this.#send({ ...question, method: 'DELETE', path }, authorization);
    await body.dump();
  }

  async #failure(answer: Answer, { endpoint, subject }: Question, asToken: boolean): Promise<unknown> {
    const { statusCode: status, headers } = answer;
    const refused = { status, headers, body: await readBeginning(answer.body, LARGEST_ERROR) };
    if (status === 401 || status === 403) {
      return refusedError([refusalOf(refused, { hadCredentials: true, asToken })], subject, endpoint.host);
    }
    const now = this.#context.clock.now();
    return answerFailure(refused, { subject, host: endpoint.host, hadCredentials: true, now });
  }
}
