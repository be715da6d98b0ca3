/**
 * The registry's configuration, complete: defaults are filled in, durations are milliseconds, sizes are bytes. The names
 * are those of the YAML file. `docs/reference/configuration.md` tells each key.
 */
export interface RegistryConfig {
  version: '0.1';
  log: LogConfig;
  http: HttpConfig;
  storage: StorageConfig;
  /** Absent: anybody may do anything that the registry's other switches allow. */
  auth?: AuthConfig;
  catalog: { maxentries: number };
  tags: { maxtags: number };
  health: { storagedriver: StorageHealthConfig };
  validation: ValidationConfig;
  openshift: OpenshiftConfig;
  longshore: LongshoreConfig;
  /** What was written and has no effect here, with its place, one line each; for the log when a server starts. */
  notes?: readonly string[];
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogConfig {
  level: LogLevel;
  formatter: 'text' | 'json' | 'logstash';
  /** Added to every line. */
  fields: Record<string, string>;
  accesslog: { disabled: boolean };
}

export interface HttpConfig {
  /** `host:port`, either part may be empty; with `net: unix` the path of the socket. */
  addr: string;
  net: 'tcp' | 'unix';
  /** The registry's URL as clients see it, when it cannot be told from the request. */
  host?: string;
  /** Begins and ends with a slash. */
  prefix: string;
  secret?: string;
  relativeurls: boolean;
  draintimeout: number;
  headers: Record<string, string[]>;
  tls?: TlsConfig;
  debug?: DebugConfig;
  http2: { disabled: boolean };
}

export interface TlsConfig {
  certificate: string;
  key: string;
  clientcas?: string[];
  clientauth: ClientAuth;
  minimumtls: 'tls1.2' | 'tls1.3';
  /** IANA names; `opensslCiphers` turns them into what Node takes. */
  ciphersuites?: string[];
}

/** What is asked of a client's certificate. Means something only with `clientcas`. */
export type ClientAuth =
  'request-client-cert' | 'require-any-client-cert' | 'verify-client-cert-if-given' | 'require-and-verify-client-cert';

export interface DebugConfig {
  addr: string;
  prometheus: { enabled: boolean; path: string };
}

/** Exactly one of the drivers is there. */
export interface StorageConfig {
  filesystem?: FilesystemConfig;
  inmemory?: Record<string, never>;
  delete: { enabled: boolean };
  redirect: { disable: boolean };
  cache: { blobdescriptor: 'inmemory' | ''; blobdescriptorsize: number };
  tag: { concurrencylimit: number };
  maintenance: MaintenanceConfig;
}

export interface FilesystemConfig {
  rootdirectory: string;
  maxthreads: number;
}

export interface MaintenanceConfig {
  uploadpurging: { enabled: boolean; age: number; interval: number; dryrun: boolean };
  readonly: { enabled: boolean };
}

/** One of the two. */
export interface AuthConfig {
  htpasswd?: { realm: string; path: string };
  /** The users and roles of the cluster. */
  openshift?: { realm: string };
}

export interface StorageHealthConfig {
  enabled: boolean;
  interval: number;
  threshold: number;
}

export interface ValidationConfig {
  disabled: boolean;
  /** Outdoes `disabled`. */
  enabled: boolean;
  /** Patterns for the URLs of foreign layers; `compilePattern` makes them matchers. */
  manifests: { urls: { allow: string[]; deny: string[] } };
}

export interface OpenshiftConfig {
  version: '1.0';
  /** Absent: as for every client of a cluster, `KUBECONFIG` or the service account of the pod. */
  kubeconfig?: string;
  /** Absent: the Service of the registry in every cluster. */
  server: { addr?: string };
  /** `realm` outdoes `auth.openshift.realm`. `tokenrealm` is a URL without path. */
  auth: { realm?: string; tokenrealm?: string };
  audit: { enabled: boolean };
  cache: { disabled: boolean; blobrepositoryttl: number };
  quota: { enabled: boolean; cachettl: number };
  compatibility: { acceptschema2: boolean };
  requests: { read: RequestLimits; write: RequestLimits };
  metrics: { enabled: boolean; secret?: string };
  pullthrough: { enabled: boolean; mirror: boolean };
}

/** 0 is: no limit, no queue, no waiting. */
export interface RequestLimits {
  maxrunning: number;
  maxinqueue: number;
  maxwaitinqueue: number;
}

export interface LongshoreConfig {
  workers: number | 'auto';
  manifests: { maxsize: number; sparse: string[] };
  gc: { lease: number };
  auth: LongshoreAuthConfig;
  pullthrough: { allow: string[]; pullsecret: string };
}

export interface LongshoreAuthConfig {
  /** Absent: every user may do everything. */
  rules?: AccessRule[];
  /** Absent: every user without rules, nobody with rules. `*` is every user. */
  catalog: { users?: string[] };
  metrics: { users?: string[] };
  tokens: { enabled: boolean; expiration: number; service: string };
}

/** Allows `actions` on the repositories that match one of the globs. */
export interface AccessRule {
  repository: string[];
  /** `*` is everybody who logged in. */
  users: string[];
  anonymous: boolean;
  actions: RuleAction[];
}

export type RuleAction = 'pull' | 'push' | 'delete' | '*';
