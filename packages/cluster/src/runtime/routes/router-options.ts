import type { ClusterCertificates } from '../../tls/index.js';

/** How the hosts of routes are served on this machine. */
export interface RouterOptions {
  /**
   * `host:port` for TLS; port 0 takes a free one. Default: 127.0.0.1:443 where this process may listen there and nobody else
   * does, else a free port.
   */
  address?: string;
  /** `host:port` for requests without TLS. Default: port 80 beside port 443 if it can be had, else none. */
  insecureAddress?: string;
  /** `apps.example.com`: the router shows a certificate for the names below it where a route brings none. */
  appsDomain: string;
  certificates: Pick<ClusterCertificates, 'authority' | 'issueServingCertificate'>;
}

/** Where a router listens. */
export interface RouterAddresses {
  /** `127.0.0.1:443` */
  secure: string;
  /** Undefined where it takes no requests without TLS. */
  insecure?: string;
}
