import type { ObjectAccess } from '@longshore/apiserver';
import { hasReason } from '@longshore/kube';
import type { LoggedIn } from '../access-tokens/access-tokens.js';
import { IDENTITIES, USER_GROUP, USERS, type Identity, type IdentityProvider, type User } from '../objects.js';

/** A right password of somebody who is no user of the cluster, and may not become one. */
export class UserMappingError extends Error {
  override readonly name = 'UserMappingError';
  readonly code = 'USER_NOT_MAPPED';
}

const API_VERSION = `${USER_GROUP}/v1`;

/**
 * The user that an identity logs in as. A new identity becomes one as the provider's `mappingMethod` says: `claim` makes the user,
 * `add` also takes one that is there, `lookup` takes only what an administrator has mapped. Errors:
 * {@link UserMappingError}.
 */
export async function mapUser(
  { name: providerName, mappingMethod = 'claim' }: IdentityProvider,
  providerUserName: string,
  objects: ObjectAccess,
): Promise<LoggedIn> {
  const name = `${providerName}:${providerUserName}`;
  const identity = await objects.get<Identity>(IDENTITIES, '', name);
  if (identity?.user?.name !== undefined && identity.user.name !== '') return knownUser(name, identity, objects);
  if (mappingMethod === 'lookup') throw new UserMappingError(`the identity ${name} is mapped to no user`);
  const user = await claimUser(providerUserName, name, mappingMethod, objects);
  const ref = { name: user.name, uid: user.uid };
  if (identity !== undefined) {
    await objects.update<Identity>(IDENTITIES, { ...identity, user: ref });
    return user;
  }
  const fresh: Identity = {
    apiVersion: API_VERSION,
    kind: 'Identity',
    metadata: { name },
    providerName,
    providerUserName,
    user: ref,
  };
  try {
    await objects.create<Identity>(IDENTITIES, fresh);
  } catch (error) {
    // Somebody logs in twice at once.
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
  return user;
}

async function knownUser(name: string, { user: ref }: Identity, objects: ObjectAccess): Promise<LoggedIn> {
  const user = await objects.get<User>(USERS, '', ref?.name ?? '');
  const isMutual = user?.metadata.uid === ref?.uid && user?.identities?.includes(name);
  if (user === undefined || isMutual !== true) {
    throw new UserMappingError(`the user of the identity ${name} is gone; delete the identity to let it log in anew`);
  }
  return loggedIn(user);
}

async function claimUser(
  userName: string,
  identity: string,
  method: 'claim' | 'add',
  objects: ObjectAccess,
): Promise<LoggedIn> {
  const user = await objects.get<User>(USERS, '', userName);
  if (user?.identities?.includes(identity)) return loggedIn(user);
  if (user === undefined) {
    const fresh: User = { apiVersion: API_VERSION, kind: 'User', metadata: { name: userName }, identities: [identity] };
    try {
      return loggedIn(await objects.create<User>(USERS, fresh));
    } catch (error) {
      if (hasReason(error, 'Invalid'))
        throw new UserMappingError('the name is no valid name of a user', { cause: error });
      if (!hasReason(error, 'AlreadyExists')) throw error;
      return claimUser(userName, identity, method, objects);
    }
  }
  if (method === 'claim') throw new UserMappingError(`the user ${userName} exists and is not claimed by ${identity}`);
  const identities = [...(user.identities ?? []), identity];
  return loggedIn(await objects.update<User>(USERS, { ...user, identities }));
}

function loggedIn({ metadata: { name = '', uid = '' } }: User): LoggedIn {
  return { name, uid };
}
