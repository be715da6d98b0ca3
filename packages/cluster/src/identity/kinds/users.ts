import { invalidValue, s, type ResourceDefinition, type VirtualRequest } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';
import { column } from '../../kinds/columns.js';
import { defineKind } from '../../kinds/kind.js';
import type { GroupIndex } from '../group-index.js';
import { USER_GROUP, USERS, type Group, type Identity, type User } from '../objects.js';
import { checkAccountName, isIdentityName } from './names.js';

const common = { group: USER_GROUP, version: 'v1', scope: 'Cluster' } as const;

export const objectRef = s.object('An object by name.', {
  name: s.string('Its name.'),
  uid: s.string('Its UID, so that another object of that name is not meant.'),
});

export const users = defineKind<User>({
  ...common,
  kind: 'User',
  plural: 'users',
  description: 'A person or program that logs in.',
  fields: {
    fullName: s.string('The name as people say it.'),
    identities: s.strings('Identities by which it logs in, as provider:name.').atomic(),
    groups: s.strings('Groups beside those of Group objects.').atomic(),
  },
  columns: [
    column('UID', ({ metadata }) => metadata.uid),
    column('Full Name', ({ fullName }) => fullName),
    column('Identities', ({ identities = [] }) => identities.join(', ')),
  ],
  stored: {
    name: 'path-segment',
    validate: (user) => [...checkAccountName(user), ...checkIdentities(user)],
    resolve: (name, request) => (name === '~' ? askingUser(request) : Promise.resolve(undefined)),
  },
});

/** `users/~`: who asks, with the groups that it has in this request, whether there is an object of it or not. */
async function askingUser({ user, objects }: VirtualRequest): Promise<User> {
  const groups = [...user.groups].sort();
  const known = user.username.includes(':') ? undefined : await objects.get<User>(USERS, '', user.username);
  if (known !== undefined) return { ...known, groups };
  const metadata = { name: user.username, ...(user.uid !== undefined && { uid: user.uid }) };
  return { apiVersion: `${USER_GROUP}/v1`, kind: 'User', metadata, identities: [], groups };
}

function checkIdentities({ identities = [] }: User): StatusCause[] {
  return identities.flatMap((name, index) =>
    isIdentityName(name) ? [] : [invalidValue(`identities[${index}]`, name, 'must be in the format <provider>:<user>')],
  );
}

/** Groups of users; each write is told to the index. */
export function groups(index: GroupIndex): ResourceDefinition {
  return defineKind<Group>({
    ...common,
    kind: 'Group',
    plural: 'groups',
    description: 'Users that are granted things together.',
    fields: { users: s.strings('Names of users.').atomic() },
    columns: [column('Users', ({ users = [] }) => users.join(', '))],
    stored: {
      name: 'path-segment',
      validate: checkAccountName,
      afterWrite: (group, old) => index.set((group ?? old)?.metadata.name ?? '', group),
    },
  });
}

export const identities = defineKind<Identity>({
  ...common,
  kind: 'Identity',
  plural: 'identities',
  description: 'A user as an identity provider knows it.',
  fields: {
    providerName: s.string('The provider.').required(),
    providerUserName: s.string('What the provider calls the user.').required(),
    user: objectRef.describe('The user that it logs in as.'),
    extra: s.stringMap('What else the provider tells.'),
  },
  columns: [
    column('IDP Name', ({ providerName }) => providerName),
    column('IDP User Name', ({ providerUserName }) => providerUserName),
    column('User Name', ({ user }) => user?.name),
    column('User UID', ({ user }) => user?.uid),
  ],
  stored: { name: 'path-segment', validate: checkIdentity },
});

function checkIdentity({ metadata: { name = '' }, providerName, providerUserName }: Identity): StatusCause[] {
  const expected = `${providerName}:${providerUserName}`;
  if (isIdentityName(name) && name === expected) return [];
  return [invalidValue('metadata.name', name, `must be ${expected} (<providerName>:<providerUserName>)`)];
}
