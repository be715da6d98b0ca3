import type { ExecPlugin } from './exec-plugin.js';

/** Bytes that stand in the configuration, or a file that is read again from time to time. */
export type Material = { data: Buffer } | { file: string };

/** All that is needed to talk to an API server. */
export interface Connection {
  server: URL;
  /** Default: the system's. */
  certificateAuthority?: Material;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  proxyUrl?: URL;
  credential: Credential;
  /** Sent with each request: impersonation. */
  headers?: Readonly<Record<string, string[]>>;
  /** Where things are looked for that name no namespace. */
  namespace: string;
}

/** Who asks. */
export interface Credential {
  token?: Material;
  certificate?: Material;
  key?: Material;
  exec?: ExecPlugin;
}
