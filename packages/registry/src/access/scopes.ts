import type { Access } from './access.js';

/** Actions asked for on one resource, as in `repository:team/app:pull,push`. */
export interface Scope {
  /** Without the class: `repository(plugin)` is `repository`. */
  type: string;
  name: string;
  /** As asked, also those that we do not know; `*` is all there are. */
  actions: readonly string[];
}

/** A scope that cannot be read, or too much of it. */
export class ScopeError extends Error {
  override readonly name = 'ScopeError';
  readonly code = 'SCOPE_INVALID';
}

const MAX_SCOPES = 64;
const MAX_ACTIONS = 16;
const MAX_SCOPE_LENGTH = 1024;
const MAX_TOTAL_LENGTH = 16_384;

const TYPE = /^([a-z0-9]+)(?:\([a-z0-9]+\))?$/;
// Printable ASCII without space, quote and backslash; whether it names a repository of ours is for the rules to say.
const NAME = /^[!#-[\]-~]*$/;
const NAMELESS: ReadonlySet<string> = new Set(['metrics', 'admin']);
const ACTION = /^(?:[a-z]+|\*)$/;

function parseScope(text: string): Scope {
  if (text.length > MAX_SCOPE_LENGTH) throw new ScopeError(`a scope is longer than ${MAX_SCOPE_LENGTH} characters`);
  // A name may hold a colon itself (`host:5000/team/app`), the type and the actions may not.
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first === last) throw new ScopeError('a scope has the form type:name:action,action');
  const type = TYPE.exec(text.slice(0, first))?.[1];
  const name = text.slice(first + 1, last);
  const actions = text.slice(last + 1).split(',');
  if (type === undefined) throw new ScopeError('the type of a scope is malformed');
  if (!NAME.test(name) || (name === '' && !NAMELESS.has(type)))
    throw new ScopeError('the name of a scope is malformed');
  if (actions.length > MAX_ACTIONS || !actions.every((action) => ACTION.test(action))) {
    throw new ScopeError('the actions of a scope are malformed');
  }
  return { type, name, actions };
}

function mergeScopes(scopes: readonly Scope[]): Scope[] {
  const merged = new Map<string, Scope>();
  for (const { type, name, actions } of scopes) {
    const key = `${type}:${name}`;
    merged.set(key, { type, name, actions: [...new Set([...(merged.get(key)?.actions ?? []), ...actions])] });
  }
  return [...merged.values()];
}

/**
 * Reads the `scope` parameters of the token endpoint (reference registry 2.1): each may hold several scopes separated by
 * spaces. Scopes of the same resource are merged. Throws {@link ScopeError} for malformed or too many scopes; the message
 * does not quote them.
 */
export function parseScopes(parameters: readonly string[]): Scope[] {
  const length = parameters.reduce((sum, parameter) => sum + parameter.length, 0);
  if (length > MAX_TOTAL_LENGTH) throw new ScopeError('the scopes are too long');
  const texts = parameters.flatMap((parameter) => parameter.split(' ')).filter((text) => text !== '');
  if (texts.length > MAX_SCOPES) throw new ScopeError(`more than ${MAX_SCOPES} scopes`);
  return mergeScopes(texts.map(parseScope));
}

/** Writes rights as the `scope` of a challenge: `repository:a/b:pull,push repository:c/d:pull`. */
export function formatScopes(wanted: readonly Access[]): string {
  const scopes = wanted.map(({ type, name, action }) => ({ type, name, actions: [action] }));
  return mergeScopes(scopes)
    .map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`)
    .join(' ');
}
