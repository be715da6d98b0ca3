import {
  createStandaloneAccess,
  HtpasswdFile,
  openAccess,
  type AccessControl,
  type AccessSettings,
} from '../access/index.js';
import type { RegistryConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';
import { derivedKey } from './secrets.js';

/** The access control of a registry that stands alone. Errors: users that can't be read. */
export async function createAccess(config: RegistryConfig, secret: Buffer, log: Logger): Promise<AccessControl> {
  const { auth, longshore } = config;
  if (!auth?.htpasswd) return openAccess();
  const users = new HtpasswdFile(auth.htpasswd.path, {
    onError: (error) => log.warn({ error }, 'the changed user file is not usable, the users stay as they were'),
  });
  await users.load();
  const { rules, catalog, metrics } = longshore.auth;
  return createStandaloneAccess({
    ...accessSettings(config, secret, auth.htpasswd.realm),
    users,
    rules,
    catalogUsers: catalog.users,
    metricsUsers: metrics.users,
  });
}

/** What all access controls have in common. */
export function accessSettings(config: RegistryConfig, secret: Buffer, realm: string): AccessSettings {
  const { http, openshift, longshore } = config;
  const { enabled, expiration, service } = longshore.auth.tokens;
  return {
    realm: openshift.auth.realm ?? realm,
    realmPath: `${http.prefix}openshift/token`,
    tokenRealm: openshift.auth.tokenrealm?.replace(/\/$/, ''),
    tokens: enabled
      ? { enabled, secret: derivedKey(secret, 'tokens'), expirationMs: expiration, service }
      : { enabled },
  };
}
