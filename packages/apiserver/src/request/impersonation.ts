import { badRequest, internalError } from '@longshore/kube';
import { ANONYMOUS, type Authorizer, type UserInfo } from '../access/access.js';
import { withAuthenticated } from './authenticate.js';
import { authorize } from './authorize.js';
import type { Exchange } from './exchange.js';

const SERVICE_ACCOUNT = 'system:serviceaccount:';
const EXTRA = 'impersonate-extra-';
/** Of groups and extra values. */
const MAX_VALUES = 1000;

interface Wish {
  username: string;
  uid: string;
  groups: string[];
  extra: Record<string, string[]>;
}

/**
 * The user whose rights count: the sender, or whom it asks to be, when it may. Each part of the wish is a right of its own
 * (verb `impersonate` on users, groups, uids, userextras, serviceaccounts). Errors: `Forbidden`.
 */
export async function impersonate(exchange: Exchange, sender: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const wish = readWish(exchange);
  if (wish === undefined) return sender;
  const may = (group: string, resource: string, name: string, namespace = '', subresource = '') =>
    authorize(
      authorizer,
      { user: sender, verb: 'impersonate', group, version: '', resource, subresource, name, namespace },
      exchange.signal,
    );
  const account = serviceAccountOf(wish.username);
  if (account !== undefined) await may('', 'serviceaccounts', account.name, account.namespace);
  else await may('', 'users', wish.username);
  for (const group of wish.groups) await may('', 'groups', group);
  for (const [key, values] of Object.entries(wish.extra)) {
    for (const value of values) await may('authentication.k8s.io', 'userextras', value, '', key);
  }
  if (wish.uid !== '') await may('authentication.k8s.io', 'uids', wish.uid);
  return asUser(wish, account);
}

function readWish(exchange: Exchange): Wish | undefined {
  const names = Object.keys(exchange.request.headers).filter((name) => name.startsWith('impersonate-'));
  if (names.length === 0) return undefined;
  const { headersDistinct } = exchange.request;
  const username = headersDistinct['impersonate-user']?.[0] ?? '';
  const uid = headersDistinct['impersonate-uid']?.[0] ?? '';
  const groups = headersDistinct['impersonate-group'] ?? [];
  const extra = Object.fromEntries(
    names
      .filter((name) => name.startsWith(EXTRA))
      .map((name): [string, string[]] => [decodeKey(name.slice(EXTRA.length)), headersDistinct[name] ?? []]),
  );
  if (username === '') {
    if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
    throw internalError('requested impersonation of groups, a UID or extra values without impersonating a user');
  }
  if (groups.length + Object.values(extra).flat().length > MAX_VALUES) throw badRequest('too much to impersonate');
  return { username, uid, groups, extra };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function serviceAccountOf(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(SERVICE_ACCOUNT)) return undefined;
  const [namespace = '', name = '', ...rest] = username.slice(SERVICE_ACCOUNT.length).split(':');
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name };
}

function asUser({ username, uid, groups, extra }: Wish, account: { namespace: string } | undefined): UserInfo {
  const implied =
    account !== undefined && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : [];
  if (username === ANONYMOUS.username) return { ...ANONYMOUS, groups: [...new Set([...groups, ...ANONYMOUS.groups])] };
  return withAuthenticated({
    username,
    groups: [...groups, ...implied],
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  });
}
