/** Who asks and what they ask for: the two questions that a server has answered by others. */

/** `authentication.k8s.io` UserInfo. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request shows of its sender. */
export interface Credentials {
  /** Without `Bearer `. */
  token?: string;
  /** DER of a certificate that the TLS layer verified against the client CAs. */
  clientCertificate?: Buffer;
  /** The name as the certificate has it, in the form of Node's `getPeerCertificate`. */
  certificateSubject?: { commonName: string; organizations: readonly string[] };
  /** All values of each header, by its name in lower case: for what a proxy in front of the server says. */
  headers?: () => NodeJS.Dict<string[]>;
  /** Node's address of the peer, for limits and the audit log. */
  remoteAddress: string;
}

export interface Authenticator {
  /** Undefined when these credentials are not of its kind; ApiError `Unauthorized` when they are, and wrong. */
  authenticate(credentials: Credentials, signal: AbortSignal): Promise<UserInfo | undefined>;
}

/** What `SubjectAccessReview` asks: a resource, or a path outside the resources. */
export type Attributes =
  | {
      user: UserInfo;
      verb: string;
      group: string;
      version: string;
      resource: string;
      subresource: string;
      /** Empty for a whole collection and while the name is not known. */
      name: string;
      /** Empty for cluster-scoped resources and for all namespaces. */
      namespace: string;
    }
  | { user: UserInfo; verb: string; path: string };

export interface AuthorizerDecision {
  allowed: boolean;
  /** For the audit log and the reviews; never needed to tell a client more than that it may not. */
  reason?: string;
}

export interface Authorizer {
  authorize(attributes: Attributes, signal: AbortSignal): Promise<AuthorizerDecision>;
}

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
export const AUTHENTICATED_GROUP = 'system:authenticated';
export const MASTERS_GROUP = 'system:masters';
