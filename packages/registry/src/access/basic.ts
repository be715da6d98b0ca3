/** Longest `Authorization` header that is looked at, in characters. */
export const MAX_AUTHORIZATION_LENGTH = 8192;

export interface UserAndPassword {
  user: string;
  password: string;
}

/** What an `Authorization` header holds. */
export type Credentials =
  /** No header, an empty one, or Basic with neither user nor password. */
  | { scheme: 'none' }
  /**
   * `alternative` is the cut at the last colon, present when it differs from the cut at the first one: user names such
   * as `system:serviceaccount:ns:name` hold colons, tokens do not (reference registry 2.1, user name rule).
   */
  | ({ scheme: 'basic'; alternative?: UserAndPassword } & UserAndPassword)
  | { scheme: 'bearer'; token: string }
  /** `reason` never quotes the header. */
  | { scheme: 'unusable'; reason: string };

// RFC 4648 section 4; some clients leave the padding out.
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
// RFC 6750 section 2.1, b64token.
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function unusable(reason: string): Credentials {
  return { scheme: 'unusable', reason };
}

function parseBasic(encoded: string): Credentials {
  if (!BASE64.test(encoded)) return unusable('the Basic credentials are not base64');
  let text: string;
  try {
    text = utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return unusable('the Basic credentials are not UTF-8');
  }
  const first = text.indexOf(':');
  if (first < 0) return unusable('the Basic credentials hold no colon');
  // skopeo and podman answer a Basic challenge with `:` when they have no credentials.
  if (text === ':') return { scheme: 'none' };
  const password = text.slice(first + 1);
  if (password === '') return unusable('the password is empty');
  const basic = { scheme: 'basic', user: text.slice(0, first), password } as const;
  const last = text.lastIndexOf(':');
  if (last === first || last === text.length - 1) return basic;
  return { ...basic, alternative: { user: text.slice(0, last), password: text.slice(last + 1) } };
}

/**
 * Reads an `Authorization` header (RFC 7617, RFC 6750; reference registry 2.1). Never throws: what cannot be read is
 * `unusable`. The user of Basic credentials may be empty, the password may not.
 */
export function parseAuthorization(header: string | undefined): Credentials {
  if (header === undefined) return { scheme: 'none' };
  if (header.length > MAX_AUTHORIZATION_LENGTH) return unusable('the Authorization header is too long');
  const value = header.trim();
  if (value === '') return { scheme: 'none' };
  const space = value.indexOf(' ');
  if (space < 0) return unusable('the Authorization header holds no credentials');
  const scheme = value.slice(0, space).toLowerCase();
  const rest = value.slice(space + 1).trimStart();
  if (scheme === 'basic') return parseBasic(rest);
  if (scheme !== 'bearer') return unusable('the Authorization scheme is neither Basic nor Bearer');
  return BEARER_TOKEN.test(rest) ? { scheme: 'bearer', token: rest } : unusable('the Bearer token is malformed');
}
