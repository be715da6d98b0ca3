/** What can be asked for. `name` is the repository, `catalog`, or empty. `admin`: the content of all repositories. */
export interface Resource {
  type: 'repository' | 'registry' | 'metrics' | 'admin';
  name: string;
}

export type Action = 'pull' | 'push' | 'delete' | '*' | 'get' | 'prune';

/** One right: an action on a resource. */
export interface Access extends Resource {
  action: Action;
}

/** Who asks. */
export interface Subject {
  /** `anonymous` when nobody logged in. */
  name: string;
  anonymous: boolean;
  /** Where a cluster knows the subject: its groups there. */
  groups?: readonly string[];
  uid?: string;
  /** And what else it says of it: a token of OpenShift that is good for less than its user has its scopes here. */
  extra?: Readonly<Record<string, readonly string[]>>;
}

export type Decision =
  | { outcome: 'allow'; subject: Subject }
  /** No usable credentials: 401 with the challenge. `error` is the Bearer challenge's error code, where there is one. */
  | { outcome: 'unauthenticated'; reason: string; error?: 'invalid_token' | 'insufficient_scope' }
  /** A known subject without the rights in `missing`: 403. */
  | { outcome: 'forbidden'; subject: Subject; missing: Access[] }
  /** Nobody could be asked just now: 503. */
  | { outcome: 'unavailable'; reason: string };

/**
 * Who may do what. The stand-alone registry answers from its configuration; inside a cluster the cluster's own users and
 * roles answer. Each implementation caches what is dear (bcrypt, reviews) for a short time.
 */
export interface AccessControl {
  /**
   * Decides whether the sender of an `Authorization` header (undefined when there was none) has all rights in `wanted`
   * (empty: whether it may talk to the registry at all). Answers at once when the answer is cached.
   */
  authorize(authorization: string | undefined, wanted: readonly Access[]): Decision | Promise<Decision>;

  /**
   * The values of the `WWW-Authenticate` headers that go with `unauthenticated`. `origin` is the registry's own URL as
   * the client sees it, `https://host:port`.
   */
  challenges(origin: string, wanted: readonly Access[], decision: Decision): string[];

  /** The token endpoint (reference registry 2.1), where this access control issues tokens itself. */
  issueToken?(request: TokenRequest): Promise<TokenAnswer>;
}

export interface TokenRequest {
  authorization: string | undefined;
  /** Each `scope` parameter as sent; each may hold several scopes separated by spaces. */
  scopes: readonly string[];
  service: string | undefined;
}

/** Status and JSON body of the token endpoint. */
export interface TokenAnswer {
  status: 200 | 400 | 401 | 503;
  body: unknown;
}
