import type { TokenAccess } from './tokens.js';

/** What our own tokens say, beside who issued them for which service. */
export interface TokenClaims {
  /** Empty for anonymous. */
  sub: string;
  exp: number;
  nbf: number;
  iat: number;
  jti: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
  access: TokenAccess[];
}

type Payload = Readonly<Record<string, unknown>>;

/**
 * Reads the payload of a token whose signature has been checked; undefined when it is none that we write. By hand: the
 * library of schemas would add 70 ms of computing to the start of each worker, for this alone.
 */
export function readClaims(payload: Payload): TokenClaims | undefined {
  const { sub, exp, nbf, iat, jti, groups, uid, extra, access } = payload;
  if (!isText(sub) || !isText(jti) || !isNumber(exp) || !isNumber(nbf) || !isNumber(iat)) return undefined;
  if (!(groups === undefined || isListOf(groups, isText)) || !(uid === undefined || isText(uid))) return undefined;
  if (!(extra === undefined || isExtra(extra)) || !isListOf(access, isAccess)) return undefined;
  const who = { ...(groups && { groups }), ...(uid !== undefined && { uid }), ...(extra && { extra }) };
  return { sub, exp, nbf, iat, jti, access, ...who };
}

function isAccess(value: unknown): value is TokenAccess {
  if (typeof value !== 'object' || value === null) return false;
  const { type, name, actions } = value as Payload;
  return isText(type) && isText(name) && isListOf(actions, isText);
}

function isExtra(value: unknown): value is Record<string, string[]> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((each) => isListOf(each, isText));
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isListOf = <T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] =>
  Array.isArray(value) && value.every(isItem);
