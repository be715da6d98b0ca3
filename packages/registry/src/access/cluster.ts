import { hash } from 'node:crypto';
import { Answers } from '@longshore/kube';
import type { AccessControl, Action, Resource, Subject } from './access.js';
import type { BasicCredentials } from './create-access.js';
import { createAccess, NO_CREDENTIALS, REMEMBERED_MS, type AccessOptions } from './create-access.js';
import { allOfThem, andThen, type MaybePromise } from './maybe-promise.js';
import type { Policy } from './policy.js';
import { secretDigest } from './secret-digest.js';

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

/**
 * What was answered is believed for this long, in milliseconds; a refusal for less, since it is what users just mended. Whose a
 * token is, is then remembered with the header for `REMEMBERED_MS`.
 */
const ALLOWED_FOR = 10_000;
const REFUSED_FOR = 2000;
const CACHED_ANSWERS = 20_000;
/** The token that OpenShift's registry gives to clients that do not log in, and that some keep (reference registry 2.1). */
const NOBODY = /^Bearer anonymous$/i;

/**
 * The access control of a registry inside a cluster: the password is a token of the cluster, and rights are those on image
 * streams (reference registry 2.1, 2.2). Repositories are called `namespace/stream`.
 */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess {
  const { reviews, now = Date.now } = options;
  const subjects = new Answers<Subject | undefined>({
    believedFor: (subject) => (subject ? ALLOWED_FOR - REMEMBERED_MS : REFUSED_FOR),
    max: CACHED_ANSWERS,
    now,
  });
  const decisions = new Answers<boolean>({
    believedFor: (allowed) => (allowed ? ALLOWED_FOR : REFUSED_FOR),
    max: CACHED_ANSWERS,
    now,
  });
  const questions = new RightQuestions();
  const recognize = (token: string) => subjects.of(secretDigest(token), () => reviews.reviewToken(token));
  const allows = (subject: Subject, right: ReviewedRight) =>
    decisions.of(questions.of(subject, right), () => reviews.reviewAccess(subject, right));
  const access = createAccess({
    ...options,
    policy: clusterPolicy(allows),
    identities: { login: (credentials) => loginByToken(credentials, recognize), recognize },
  });
  const authorize: AccessControl['authorize'] = (authorization, wanted) => {
    // Clients that have credentials keep them until they are asked: without the challenge all of them would pull from
    // public projects as nobody. Those that have none get a token that says so.
    if (!authorization && options.tokens.enabled) return NO_CREDENTIALS;
    return access.authorize(authorization && NOBODY.test(authorization) ? undefined : authorization, wanted);
  };
  return { ...access, authorize, allows };
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
  return (subject, resource, asked) => {
    const given = allOfThem(asked.map((action) => allowsAll(allows, subject, rightsFor(resource, action))));
    return andThen(given, (answers) => new Set(asked.filter((_, index) => answers[index])));
  };
}

function allowsAll(allows: Allows, subject: Subject, rights: readonly ReviewedRight[]): MaybePromise<boolean> {
  const given = allOfThem(rights.map((right) => allows(subject, right)));
  return andThen(given, (answers) => answers.length > 0 && answers.every((answer) => answer));
}

/** Names what is asked of a cluster: whether a subject has a right. */
class RightQuestions {
  /** What a subject is called there: all that a cluster says of it makes it another one. */
  readonly #subjects = new WeakMap<Subject, string>();

  of(subject: Subject, { verb, resource, subresource, namespace, name }: ReviewedRight): string {
    let who = this.#subjects.get(subject);
    if (who === undefined) this.#subjects.set(subject, (who = hash('sha256', JSON.stringify(subject), 'base64')));
    return `${who}\n${verb}\n${resource}\n${subresource}\n${namespace}\n${name}`;
  }
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
  if (action === 'push') return [layers('update')];
  if (action === 'delete') return [deletion];
  return action === '*' ? [layers('get'), layers('update'), deletion] : [];
}

function onCluster(verb: string, resource: string, subresource = ''): ReviewedRight {
  return { verb, resource, subresource, namespace: '', name: '' };
}
