import type { AzureStorage } from '../config/config.js';
import { driverEnv, driverName, secretEnv, type EnvVar, type PodStorage } from './pod-storage.js';

/** A key of the account, or an identity that Azure trusts. */
export type AzureFacts = { accountKey: string } | { clientID: string; tenantID: string };

/** Suffix of storage addresses, and where identities are proved. */
const CLOUDS: Readonly<Record<string, { realm: string; authority: string }>> = {
  AzurePublicCloud: { realm: 'core.windows.net', authority: 'https://login.microsoftonline.com/' },
  AzureUSGovernmentCloud: { realm: 'core.usgovcloudapi.net', authority: 'https://login.microsoftonline.us/' },
  AzureChinaCloud: { realm: 'core.chinacloudapi.cn', authority: 'https://login.chinacloudapi.cn/' },
  AzureGermanCloud: { realm: 'core.cloudapi.de', authority: 'https://login.microsoftonline.de/' },
};
const PUBLIC = 'AzurePublicCloud';
const KEY = 'REGISTRY_STORAGE_AZURE_ACCOUNTKEY';
const TOKEN_FILE = '/var/run/secrets/openshift/serviceaccount/token';

export function isAzureCloud(name: string): boolean {
  return name === '' || name === 'AzureStackCloud' || Object.hasOwn(CLOUDS, name);
}

/** Azure Blob Storage (operator.md 5.5). */
export function azureStorage(
  { container = '', accountName = '', cloudName = '' }: AzureStorage,
  facts: AzureFacts,
): PodStorage {
  const hasKey = 'accountKey' in facts;
  const cloud = Object.hasOwn(CLOUDS, cloudName) ? CLOUDS[cloudName] : undefined;
  return {
    env: [
      ...(hasKey ? [secretEnv(KEY)] : identityEnv(facts, (cloud ?? CLOUDS[PUBLIC])?.authority ?? '')),
      driverName('azure'),
      ...driverEnv('AZURE', [
        ['CONTAINER', container],
        ['ACCOUNTNAME', accountName],
        ['REALM', cloud?.realm],
      ]),
    ],
    volumes: [],
    mounts: [],
    secret: hasKey ? { [KEY]: facts.accountKey } : {},
  };
}

function identityEnv({ clientID, tenantID }: { clientID: string; tenantID: string }, authority: string): EnvVar[] {
  return [
    { name: 'AZURE_CLIENT_ID', value: clientID },
    { name: 'AZURE_TENANT_ID', value: tenantID },
    { name: 'AZURE_FEDERATED_TOKEN_FILE', value: TOKEN_FILE },
    { name: 'AZURE_AUTHORITY_HOST', value: authority },
  ];
}
