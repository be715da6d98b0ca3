import type { LookupFunction } from 'node:net';
import type { Clock } from '../clock.js';
import type { Credential } from '../credentials/credential.js';
import type { AddressPolicy } from '../http/address-policy.js';
import type { ProxySettings } from '../http/proxy.js';
import type { RepositoryName } from '../repository-name.js';
import type { HostBandwidth } from './host-bandwidth.js';

/** One HTTP request that was answered or failed, for metrics. */
export interface RequestObservation {
  /** The host as in pull specs. */
  registry: string;
  operation: Operation;
  /** The status of the answer, or the code of the failure. */
  code: number | string;
  seconds: number;
  /** How long the registry asks to be left alone. */
  retryAfterSeconds?: number;
}

/** What a request was for. */
export type Operation = 'ping' | 'token' | 'manifest' | 'blob' | 'tags' | 'upload' | 'signatures';

/** What holds for one repository, in place of the client's options: the secrets of a project, the annotation of a stream. */
export interface RepositoryOptions {
  credentials?: readonly Credential[];
  insecure?: boolean;
  /** Sent with each request to the repository, as `RegistryClientOptions.headers`; names in lower case. */
  headers?: Record<string, string>;
}

/** All hosts given to functions are as in pull specs: `docker.io`, `quay.io:443`. */
export interface RegistryClientOptions {
  /** All that fit, best first; each is tried, then no credentials at all. Default: none. */
  credentials?: (repository: RepositoryName) => readonly Credential[] | Promise<readonly Credential[]>;
  /** Whether TLS need not be verified and plain http will do. Default: never. */
  insecure?: (host: string) => boolean;
  /** PEM certificates to trust beside those of Node. Default: none. */
  trust?: (host: string) => readonly string[];
  /**
   * Which addresses may be connected to, asked after the name was looked up and again for token endpoints and redirects.
   * Default: all. What goes through a proxy is asked for only where the URL itself holds the address: the proxy looks up names.
   */
  addresses?: AddressPolicy;
  /** Default: none; `proxyFromEnvironment` reads the usual variables. */
  proxy?: ProxySettings;
  /**
   * Whether one token may be asked for two repositories, so that blobs are mounted from one in the other; some registries refuse
   * such tokens. Default true.
   */
  multipleScopes?: boolean;
  /** Bounds the requests to each registry. Default: no bound. */
  rate?: { perSecond: number; burst: number };
  /** Bounds the bytes of blobs. Default: no bound. */
  bandwidth?: HostBandwidth;
  /** Sent with each request to a registry's API, not to token endpoints and other hosts. */
  headers?: Record<string, string>;
  userAgent?: string;
  /** Connections to one host at a time. Default 32. */
  connections?: number;
  /** Default 10 000. */
  connectTimeoutMs?: number;
  /** How long an answer, or a part of it, may let us wait. Default 60 000. */
  idleTimeoutMs?: number;
  /** How often a request is sent at most. Default 4. */
  attempts?: number;
  /** A server that asks for a longer wait before the next attempt has had its last one. Default 30 000. */
  longestWaitMs?: number;
  onRequest?: (observation: RequestObservation) => void;
  /** How names become addresses. Default: the system's way. */
  lookup?: LookupFunction;
  clock?: Clock;
}
