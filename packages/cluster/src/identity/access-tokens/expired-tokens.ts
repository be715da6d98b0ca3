import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, type WorkResult } from '@longshore/kube';
import { expiryOf } from '../kinds/oauth.js';
import { ACCESS_TOKENS, AUTHORIZE_TOKENS, type OAuthToken } from '../objects.js';

/** Looks again at least so often: timers are no longer exact over days. */
const MAX_WAIT_MS = 24 * 60 * 60_000;

/** Deletes access tokens and codes that have ended. That they no longer hold is checked where they are used. */
export function expiredTokensController(now: () => number): Controller {
  const keyOf = (resource: string) => (object: { metadata: { name?: string } }) => [
    `${resource}/${object.metadata.name ?? ''}`,
  ];
  return {
    name: 'expired-tokens',
    follows: { [ACCESS_TOKENS]: keyOf(ACCESS_TOKENS), [AUTHORIZE_TOKENS]: keyOf(AUTHORIZE_TOKENS) },
    reconcile: (key, objects) => {
      const slash = key.indexOf('/');
      return removeExpired(key.slice(0, slash), key.slice(slash + 1), objects, now());
    },
  };
}

async function removeExpired(resource: string, name: string, objects: ObjectAccess, now: number): Promise<WorkResult> {
  const token = await objects.get<OAuthToken>(resource, '', name);
  const expiry = token && expiryOf(token)?.getTime();
  if (expiry === undefined) return undefined;
  if (expiry > now) return { after: Math.min(expiry - now, MAX_WAIT_MS) };
  try {
    await objects.delete(resource, '', name);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
  return undefined;
}
