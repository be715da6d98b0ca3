import type { ObjectAccess, ResourceDefinition, VirtualRequest } from '@longshore/apiserver';
import { alreadyExists, invalid, notFound, type StatusCause } from '@longshore/kube';
import { s, requiredValue, valueNotFound } from '@longshore/apiserver';
import { IDENTITIES, USER_GROUP, USERS, type Identity, type User, type UserIdentityMapping } from '../objects.js';
import { objectRef } from './users.js';

const RESOURCE = { group: USER_GROUP, resource: 'useridentitymappings' };
const KIND = { group: USER_GROUP, kind: 'UserIdentityMapping' };

/** Which identity logs in as which user, as one object of both. */
export const userIdentityMappings: ResourceDefinition<UserIdentityMapping> = {
  group: USER_GROUP,
  version: 'v1',
  plural: 'useridentitymappings',
  singular: 'useridentitymapping',
  kind: 'UserIdentityMapping',
  scope: 'Cluster',
  schema: s.object('Lets an identity log in as a user.', {
    identity: objectRef.describe('The identity.'),
    user: objectRef.describe('The user.'),
  }).schema,
  backend: {
    type: 'virtual',
    get: async (name, { objects }) => {
      const identity = await objects.get<Identity>(IDENTITIES, '', name);
      const user = identity && (await userOf(identity, objects));
      if (identity === undefined || user === undefined) throw notFound(RESOURCE, name);
      return mappingOf(identity, user);
    },
    create: async (mapping, request) => {
      const name = mapping.identity?.name ?? mapping.metadata.name ?? '';
      const identity = await request.objects.get<Identity>(IDENTITIES, '', name);
      if (identity !== undefined && (await userOf(identity, request.objects)) !== undefined) {
        throw alreadyExists(RESOURCE, name);
      }
      return map(name, identity, mapping, request);
    },
    update: async (mapping, request) => {
      const name = mapping.metadata.name ?? '';
      const identity = await request.objects.get<Identity>(IDENTITIES, '', name);
      const old = identity && (await userOf(identity, request.objects));
      if (old === undefined) throw notFound(RESOURCE, name);
      return map(name, identity, mapping, request);
    },
    delete: async (name, { objects, dryRun }) => {
      const identity = await objects.get<Identity>(IDENTITIES, '', name);
      const user = identity && (await userOf(identity, objects));
      if (identity === undefined || user === undefined) throw notFound(RESOURCE, name);
      if (!dryRun) {
        const { user: _, ...rest } = identity;
        await objects.update<Identity>(IDENTITIES, rest);
        await removeIdentity(user, name, objects);
      }
      return mappingOf(identity, user);
    },
  },
};

/** The user of an identity, when both sides say so. */
async function userOf({ user, metadata }: Identity, objects: ObjectAccess): Promise<User | undefined> {
  if (user?.name === undefined || user.name === '') return undefined;
  const found = await objects.get<User>(USERS, '', user.name);
  const isMutual = found?.metadata.uid === user.uid && found?.identities?.includes(metadata.name ?? '');
  return isMutual === true ? found : undefined;
}

async function map(
  name: string,
  identity: Identity | undefined,
  mapping: UserIdentityMapping,
  { objects, dryRun }: VirtualRequest,
): Promise<UserIdentityMapping> {
  const userName = mapping.user?.name ?? '';
  const user = userName === '' ? undefined : await objects.get<User>(USERS, '', userName);
  const causes: StatusCause[] = [];
  if (identity === undefined) causes.push(valueNotFound('identity.name', name));
  if (userName === '') causes.push(requiredValue('user.name'));
  else if (user === undefined) causes.push(valueNotFound('user.name', userName));
  if (identity === undefined || user === undefined) throw invalid(KIND, name, causes);
  const wanted = { name: userName, ...(user.metadata.uid !== undefined && { uid: user.metadata.uid }) };
  if (dryRun) return mappingOf({ ...identity, user: wanted }, user);
  const old = identity.user?.name === userName ? undefined : await userOf(identity, objects);
  if (old !== undefined) await removeIdentity(old, name, objects);
  const saved = await objects.update<Identity>(IDENTITIES, { ...identity, user: wanted });
  if (!user.identities?.includes(name)) {
    await objects.update<User>(USERS, { ...user, identities: [...(user.identities ?? []), name] });
  }
  return mappingOf(saved, user);
}

async function removeIdentity(user: User, identity: string, objects: ObjectAccess): Promise<void> {
  const identities = (user.identities ?? []).filter((name) => name !== identity);
  await objects.update<User>(USERS, { ...user, identities });
}

function mappingOf({ metadata }: Identity, { metadata: user }: User): UserIdentityMapping {
  const { name = '', uid = '', resourceVersion = '' } = metadata;
  return {
    apiVersion: `${USER_GROUP}/v1`,
    kind: 'UserIdentityMapping',
    metadata: { name, uid, resourceVersion },
    identity: { name, uid },
    user: { name: user.name ?? '', uid: user.uid ?? '' },
  };
}
