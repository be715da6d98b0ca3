/** A file, user or password that cannot be used. The message never holds a hash or a password. */
export class HtpasswdError extends Error {
  override readonly name = 'HtpasswdError';
  readonly code = 'HTPASSWD_INVALID';

  constructor(
    message: string,
    /** Where in the file, from 1. */
    readonly line?: number,
  ) {
    super(line === undefined ? message : `line ${line}: ${message}`);
  }
}

const DEFAULT_COST = 10;
const MIN_COST = 4;
// What htpasswd itself accepts at most; one check takes ten seconds then.
const MAX_COST = 17;
const MAX_USER_LENGTH = 255;
// Version, cost, then 22 characters of salt and 31 of hash in bcrypt's own base64.
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const REMEDY = 'make one with "htpasswd -B" or "longshore registry user add"';

/** The cost in a bcrypt hash (`$2a$`, `$2b$`, `$2y$`), undefined for anything else and for costs outside 4 to 17. */
export function bcryptCost(text: string): number | undefined {
  const digits = BCRYPT.exec(text)?.[1];
  const cost = digits === undefined ? 0 : Number(digits);
  return cost >= MIN_COST && cost <= MAX_COST ? cost : undefined;
}

interface Line {
  text: string;
  /** Undefined for blank lines, comments and lines without a colon. */
  user: string | undefined;
}

function splitLines(text: string): Line[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const trimmed = line.trim();
    const colon = trimmed.indexOf(':');
    return { text: line, user: trimmed.startsWith('#') || colon < 0 ? undefined : trimmed.slice(0, colon) };
  });
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function checkHash(user: string, text: string, line: number): string {
  if (bcryptCost(text) !== undefined) return text;
  const kind = text.startsWith('$2') ? 'a malformed bcrypt hash, or one of a cost above 17' : 'no bcrypt hash';
  throw new HtpasswdError(`user ${JSON.stringify(user)} has ${kind}; ${REMEDY}`, line);
}

/**
 * Reads the users of an htpasswd file and their bcrypt hashes. Blank lines and lines that start with `#` are left out; a
 * user's last line counts. Throws {@link HtpasswdError} with the line for other kinds of hashes and anything else.
 */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>();
  splitLines(text).forEach(({ text: line, user }, index) => {
    const trimmed = line.trim();
    if (user === undefined) {
      if (trimmed === '' || trimmed.startsWith('#')) return;
      throw new HtpasswdError('expected user:hash', index + 1);
    }
    if (user === '') throw new HtpasswdError('the user name is empty', index + 1);
    users.set(user, checkHash(user, trimmed.slice(user.length + 1), index + 1));
  });
  return users;
}

function checkUserName(user: string): void {
  if (user === '') throw new HtpasswdError('the user name is empty');
  if (user.length > MAX_USER_LENGTH) {
    throw new HtpasswdError(`the user name is longer than ${MAX_USER_LENGTH} characters`);
  }
  if (user.includes(':')) throw new HtpasswdError('a user name must not hold a colon');
  if (/\p{Cc}|\u2028|\u2029/u.test(user)) {
    throw new HtpasswdError('a user name must not hold line breaks or control characters');
  }
  if (user.trim() !== user || user.startsWith('#')) {
    throw new HtpasswdError('a user name must not start with "#" or a space, nor end with a space');
  }
}

/**
 * The text of an htpasswd file with `user` added, or with the user's hash replaced in place. Other lines stay as they are.
 * Throws {@link HtpasswdError} for a name that the format cannot hold and for a hash that is not bcrypt.
 */
export function setUser(text: string, user: string, hash: string): string {
  checkUserName(user);
  if (bcryptCost(hash) === undefined) throw new HtpasswdError(`expected a bcrypt hash; ${REMEDY}`);
  const lines = splitLines(text);
  const place = lines.findIndex((line) => line.user === user);
  const others = lines.filter((line, index) => index === place || line.user !== user);
  const texts = others.map((line) => (line.user === user ? `${user}:${hash}` : line.text));
  return joinLines(place < 0 ? [...texts, `${user}:${hash}`] : texts);
}

/** The text of an htpasswd file without `user`; undefined when there is no such user. */
export function removeUser(text: string, user: string): string | undefined {
  const lines = splitLines(text);
  const others = lines.filter((line) => line.user !== user);
  return others.length === lines.length ? undefined : joinLines(others.map((line) => line.text));
}

/** The users of an htpasswd file in the order of their first lines. Does not look at the hashes. */
export function listUsers(text: string): string[] {
  const names = splitLines(text).flatMap(({ user }) => (user === undefined || user === '' ? [] : [user]));
  return [...new Set(names)];
}

/**
 * Makes a bcrypt hash of a password. Each step of `cost` (4 to 17) doubles the time of a check: 10 takes about 60 ms. Throws
 * {@link HtpasswdError} for an empty password, one beyond the 72 bytes that bcrypt reads, and another cost.
 */
export async function hashPassword(password: string, cost = DEFAULT_COST): Promise<string> {
  if (password === '') throw new HtpasswdError('the password is empty');
  const { hash, truncates } = await import('bcryptjs');
  if (truncates(password)) throw new HtpasswdError('the password is longer than 72 bytes, which is all bcrypt reads');
  if (!Number.isInteger(cost) || cost < MIN_COST || cost > MAX_COST) {
    throw new HtpasswdError(`the cost must be a whole number from ${MIN_COST} to ${MAX_COST}`);
  }
  return hash(password, cost);
}
