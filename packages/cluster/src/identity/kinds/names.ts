import { invalidValue } from '@longshore/apiserver';
import type { KubeObject, StatusCause } from '@longshore/kube';

/** Names of users and groups: no `~`, which means the asker, and no colon, which names of the system have. */
export function checkAccountName({ metadata: { name = '' } }: KubeObject): StatusCause[] {
  if (name === '~') return [invalidValue('metadata.name', name, 'may not equal "~"')];
  if (name.includes(':')) return [invalidValue('metadata.name', name, 'may not contain ":"')];
  return [];
}

/** Names of identities: `provider:name`. */
export function isIdentityName(name: string): boolean {
  const [provider, user, ...rest] = name.split(':');
  return (provider ?? '') !== '' && (user ?? '') !== '' && rest.length === 0;
}
