import type { SwiftStorage } from '../config/config.js';
import { driverEnv, driverName, secretEnv, type PodStorage } from './pod-storage.js';
import { scalar } from './scalar.js';

/** Who we are for Keystone, and what `clouds.yaml` says where the specification does not. */
export interface SwiftFacts {
  username?: string;
  password?: string;
  tokenID?: string;
  applicationCredentialID?: string;
  applicationCredentialName?: string;
  applicationCredentialSecret?: string;
  cloud?: SwiftStorage;
  caBundle?: string;
}

const PREFIX = 'REGISTRY_STORAGE_SWIFT_';

/** OpenStack Swift (operator.md 5.6). */
export function swiftStorage(swift: SwiftStorage, facts: SwiftFacts): PodStorage {
  const { cloud = {}, caBundle } = facts;
  const known = (field: keyof SwiftStorage) => swift[field] || cloud[field] || undefined;
  const secrets = {
    USERNAME: facts.username,
    PASSWORD: facts.password,
    TOKENID: facts.tokenID,
    APPLICATIONCREDENTIALID: facts.applicationCredentialID,
    APPLICATIONCREDENTIALNAME: facts.applicationCredentialName,
    APPLICATIONCREDENTIALSECRET: facts.applicationCredentialSecret,
  };
  return {
    env: [
      driverName('swift'),
      ...driverEnv('SWIFT', [
        ['CONTAINER', swift.container ?? ''],
        ['AUTHURL', authAddress(known('authURL') ?? '')],
      ]),
      ...Object.keys(secrets).map((name) => secretEnv(PREFIX + name)),
      // The version is a number for the registry, which would refuse a text.
      { name: `${PREFIX}AUTHVERSION`, value: known('authVersion') ?? '3' },
      ...driverEnv('SWIFT', [
        ['DOMAIN', known('domain')],
        ['DOMAINID', known('domainID')],
        ['TENANT', known('tenant')],
        ['TENANTID', known('tenantID')],
        ['REGION', known('regionName')],
      ]),
    ],
    volumes: [],
    mounts: [],
    secret: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [PREFIX + name, scalar(value ?? '')])),
    ...(caBundle !== undefined && { caBundle }),
  };
}

/** With the version of the API, where the address has no path; Keystone may be below a path of its own. */
function authAddress(address: string): string {
  const path = URL.canParse(address) ? new URL(address).pathname : '';
  return path === '/' ? `${address.replace(/\/$/, '')}/v3` : address;
}
