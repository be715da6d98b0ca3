import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AccessControl, Action, Resource, Subject } from './access.js';
import type { BasicCredentials } from './create-access.js';
import { createAccess, type AccessOptions } from './create-access.js';
import type { MaybePromise } from './maybe-promise.js';
import type { Policy } from './policy.js';

/** What a SubjectAccessReview asks for. */
export interface ReviewedRight {
  verb: string;
  resource: string;
  subresource: string;
  /** Empty: the whole cluster. */
  namespace: string;
  name: string;
}

/** A cluster's answers. Both reject with `AccessUnavailableError` when it cannot be asked. */
export interface ClusterReviews {
  /** TokenReview: whose token it is, undefined when nobody's. */
  reviewToken(token: string): Promise<Subject | undefined>;
  /** SubjectAccessReview in the group `image.openshift.io`. */
  reviewAccess(subject: Subject, right: ReviewedRight): Promise<boolean>;
}

export interface ClusterAccessOptions extends Omit<AccessOptions, 'identities' | 'policy'> {
  reviews: ClusterReviews;
}

/** An access control that also answers for rights that are none on repositories. */
export interface ClusterAccess extends AccessControl {
  /** Errors: AccessUnavailableError. */
  allows: (subject: Subject, right: ReviewedRight) => MaybePromise<boolean>;
}

/** What was answered is believed for this long, in milliseconds; a refusal for less, since it is what users just mended. */
const ALLOWED_FOR = 10_000;
const REFUSED_FOR = 2000;
const CACHED_ANSWERS = 20_000;

/**
 * The access control of a registry inside a cluster: the password is a token of the cluster, and rights are those on image
 * streams (reference registry 2.1, 2.2). Repositories are called `namespace/stream`.
 */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess {
  const { reviews, now = Date.now } = options;
  const subjects = new Answers<Subject | undefined>((answer) => answer !== undefined, now);
  const decisions = new Answers<boolean>((answer) => answer, now);
  const recognize = (token: string) => subjects.of(token, () => reviews.reviewToken(token));
  const allows = (subject: Subject, right: ReviewedRight) =>
    decisions.of(JSON.stringify([subject, right]), () => reviews.reviewAccess(subject, right));
  const access = createAccess({
    ...options,
    policy: clusterPolicy(allows),
    identities: { login: (_, credentials) => loginByToken(credentials, recognize), recognize },
  });
  return { ...access, allows };
}

/** Users such as `kube:admin` hold colons, which Basic cuts at the first; tokens hold none (reference registry 2.1). */
async function loginByToken(
  { password, alternative }: BasicCredentials,
  recognize: (token: string) => MaybePromise<Subject | undefined>,
): Promise<Subject | undefined> {
  return (await recognize(password)) ?? (alternative && (await recognize(alternative.password)));
}

type Allows = (subject: Subject, right: ReviewedRight) => MaybePromise<boolean>;

function clusterPolicy(allows: Allows): Policy {
  return async (subject, resource, asked) => {
    const given = await Promise.all(asked.map((action) => allowsAll(allows, subject, rightsFor(resource, action))));
    return new Set(asked.filter((_, index) => given[index]));
  };
}

async function allowsAll(allows: Allows, subject: Subject, rights: readonly ReviewedRight[]): Promise<boolean> {
  const answers = await Promise.all(rights.map(async (right) => allows(subject, right)));
  return rights.length > 0 && answers.every((answer) => answer);
}

/** All of what an action needs; none when nobody can be given it. */
export function rightsFor({ type, name }: Resource, action: Action): ReviewedRight[] {
  if (type === 'metrics') return action === 'get' ? [onCluster('get', 'registry', 'metrics')] : [];
  if (type === 'admin') return action === 'prune' ? [onCluster('delete', 'images')] : [];
  if (type === 'registry') return name === 'catalog' ? [onCluster('list', 'imagestreams')] : [];
  const [namespace, stream, ...more] = name.split('/');
  if (!namespace || !stream || more.length > 0) return [];
  const layers = (verb: string) => ({ verb, resource: 'imagestreams', subresource: 'layers', namespace, name: stream });
  const deletion = onCluster('delete', 'images');
  if (action === 'pull') return [layers('get')];
  if (action === 'push') return [layers('get'), layers('update')];
  if (action === 'delete') return [deletion];
  return action === '*' ? [layers('get'), layers('update'), deletion] : [];
}

function onCluster(verb: string, resource: string, subresource = ''): ReviewedRight {
  return { verb, resource, subresource, namespace: '', name: '' };
}

/** Remembers answers for a short time, and asks once for all who wait for the same. */
class Answers<T> {
  // Questions hold tokens and must not stay in memory, so the key is a digest behind a random prefix.
  readonly #prefix = randomBytes(32).toString('base64');
  readonly #known = new LRUCache<string, { answer: T; until: number }>({ max: CACHED_ANSWERS });
  readonly #asked = new Map<string, Promise<T>>();

  constructor(
    private readonly isYes: (answer: T) => boolean,
    private readonly now: () => number,
  ) {}

  of(question: string, ask: () => Promise<T>): MaybePromise<T> {
    const key = hash('sha256', this.#prefix + question, 'base64');
    const known = this.#known.get(key);
    if (known !== undefined && this.now() < known.until) return known.answer;
    const running = this.#asked.get(key);
    if (running !== undefined) return running;
    const asked = this.#ask(key, ask).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const answer = await ask();
    this.#known.set(key, { answer, until: this.now() + (this.isYes(answer) ? ALLOWED_FOR : REFUSED_FOR) });
    return answer;
  }
}
