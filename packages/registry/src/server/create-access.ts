import {
  createClusterAccess,
  createStandaloneAccess,
  HtpasswdFile,
  openAccess,
  type AccessControl,
  type TokenSettings,
} from '../access/index.js';
import type { RegistryConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';
import { derivedKey } from './secrets.js';

/** The access control that the configuration asks for. Errors: users that can't be read; KubeconfigError. */
export async function createAccess(config: RegistryConfig, secret: Buffer, log: Logger): Promise<AccessControl> {
  const { auth, http, longshore, openshift } = config;
  const common = { realmPath: `${http.prefix}openshift/token`, tokens: tokenSettings(config, secret) };
  if (auth?.openshift) {
    // Loaded only here: a registry that stands alone starts without a client of clusters.
    const { connectToCluster } = await import('../access/api-reviews.js');
    const reviews = await connectToCluster(openshift?.kubeconfig);
    return createClusterAccess({ ...common, realm: auth.openshift.realm, reviews });
  }
  if (!auth?.htpasswd) return openAccess();
  const users = new HtpasswdFile(auth.htpasswd.path, {
    onError: (error) => log.warn({ error }, 'the changed user file is not usable, the users stay as they were'),
  });
  await users.load();
  const { rules, catalog, metrics } = longshore.auth;
  return createStandaloneAccess({
    ...common,
    users,
    rules,
    catalogUsers: catalog.users,
    metricsUsers: metrics.users,
    realm: auth.htpasswd.realm,
  });
}

function tokenSettings({ longshore: { auth } }: RegistryConfig, secret: Buffer): TokenSettings {
  const { enabled, expiration, service } = auth.tokens;
  if (!enabled) return { enabled };
  return { enabled, secret: derivedKey(secret, 'tokens'), expirationMs: expiration, service };
}
