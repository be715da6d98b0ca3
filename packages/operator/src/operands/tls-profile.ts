import type { KubeObject } from '@longshore/kube';
import { CLUSTER, RESOURCES } from '../names.js';
import type { Snapshot } from '../snapshot.js';

export interface TlsProfile {
  minTLSVersion: string;
  /** By their IANA names. */
  cipherSuites: string[];
}

interface ApiServerConfig extends KubeObject {
  spec?: {
    tlsSecurityProfile?: { type?: string; custom?: { ciphers?: string[]; minTLSVersion?: string } | null };
  };
}

const TLS_13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** OpenSSL's names, by which profiles are written, and IANA's. In the order of the intermediate profile, then of the old one. */
const INTERMEDIATE: readonly [string, string][] = [
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
  ['ECDHE-RSA-CHACHA20-POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
];
const OLD: readonly [string, string][] = [
  ['ECDHE-ECDSA-AES128-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
  ['ECDHE-RSA-AES128-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'],
  ['ECDHE-ECDSA-AES128-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
  ['ECDHE-RSA-AES128-SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
  ['ECDHE-ECDSA-AES256-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'],
  ['ECDHE-RSA-AES256-SHA', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA'],
  ['AES128-GCM-SHA256', 'TLS_RSA_WITH_AES_128_GCM_SHA256'],
  ['AES256-GCM-SHA384', 'TLS_RSA_WITH_AES_256_GCM_SHA384'],
  ['AES128-SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA256'],
  ['AES128-SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
  ['AES256-SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA'],
  ['DES-CBC3-SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'],
];
const IANA_NAMES = new Map([...INTERMEDIATE, ...OLD]);

const ianaNames = (pairs: readonly [string, string][]) => [...TLS_13, ...pairs.map(([, name]) => name)];

/** The TLS that the cluster wants to be spoken; the intermediate profile where it says nothing (operator.md 1.1, `observedConfig`). */
export function tlsProfile(snapshot: Snapshot): TlsProfile {
  const apiServer = snapshot.find<ApiServerConfig>(RESOURCES.apiServers, CLUSTER);
  const { type = 'Intermediate', custom } = apiServer?.spec?.tlsSecurityProfile ?? {};
  if (type === 'Old') return { minTLSVersion: 'VersionTLS10', cipherSuites: ianaNames([...INTERMEDIATE, ...OLD]) };
  if (type === 'Modern') return { minTLSVersion: 'VersionTLS13', cipherSuites: TLS_13 };
  if (type === 'Custom' && custom) {
    const { minTLSVersion = 'VersionTLS12', ciphers = [] } = custom;
    return { minTLSVersion, cipherSuites: ciphers.flatMap((name) => ianaName(name) ?? []) };
  }
  return { minTLSVersion: 'VersionTLS12', cipherSuites: ianaNames(INTERMEDIATE) };
}

function ianaName(name: string): string | undefined {
  return name.startsWith('TLS_') ? name : IANA_NAMES.get(name);
}
