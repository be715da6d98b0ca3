import type { Key } from '../store/store.js';

/** Which keys a watcher follows: all that begin with a prefix that is empty or ends with `/`, or else this very key. */
export type Scope = string;

export function isInScope(scope: Scope, key: Key): boolean {
  return scope === '' || scope.endsWith('/') ? key.startsWith(scope) : key === scope;
}

/** All scopes that a key is in. */
export function scopesOf(key: Key): Scope[] {
  const scopes = [''];
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1))
    scopes.push(key.slice(0, slash + 1));
  if (!key.endsWith('/')) scopes.push(key);
  return scopes;
}
