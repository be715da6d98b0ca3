import type { GatewayAddress } from '@longshore/cluster';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';

export interface EtcdOptions {
  etcdEndpoint: string[];
  etcdCa?: string;
  etcdCert?: string;
  etcdKey?: string;
}

/** Gives a command the options of {@link EtcdOptions}. */
export function withEtcdOptions(command: Command, about: string): Command {
  return command
    .option('--etcd-endpoint <url>', `${about}; may be repeated`, collect, [])
    .option('--etcd-ca <file>', 'authority that vouches for etcd, PEM')
    .option('--etcd-cert <file>', 'client certificate for etcd, PEM')
    .option('--etcd-key <file>', 'key of the client certificate, PEM');
}

/** Undefined when no etcd was named. Errors: CliError for files without it. */
export function etcdOf({ etcdEndpoint, etcdCa, etcdCert, etcdKey }: EtcdOptions): GatewayAddress | undefined {
  const files = {
    ...(etcdCa && { ca: etcdCa }),
    ...(etcdCert && { cert: etcdCert }),
    ...(etcdKey && { key: etcdKey }),
  };
  if (etcdEndpoint.length > 0) return { endpoints: etcdEndpoint, ...files };
  if (Object.keys(files).length === 0) return undefined;
  throw new CliError('--etcd-ca, --etcd-cert and --etcd-key go with --etcd-endpoint', 2);
}

/** For options that may be repeated. */
export function collect(value: string, known: string[]): string[] {
  return [...known, value];
}
