import type { TokenRefusedError } from '../auth/authorizer.js';
import { RemoteError } from '../remote-error.js';
import type { RefusedAnswer } from './failure.js';
import { describe } from './failure.js';

/** What came of one credential, or of none. */
export interface Refusal {
  code: 'UNAUTHORIZED' | 'WRONG_CREDENTIALS' | 'DENIED';
  status: number;
  hadCredentials: boolean;
  /** `401 UNAUTHORIZED: authentication required`. */
  words: string;
}

/** Judges a 401 or 403. A user name and password sent as such (Basic) are wrong; whoever has a token is known. */
export function refusalOf(answer: RefusedAnswer, sent: { hadCredentials: boolean; asToken: boolean }): Refusal {
  const { status } = answer;
  const { hadCredentials, asToken } = sent;
  const code = status === 403 ? 'DENIED' : hadCredentials && !asToken ? 'WRONG_CREDENTIALS' : 'UNAUTHORIZED';
  return { code, status, hadCredentials, words: describe(answer) };
}

/** Judges what a token endpoint does not give a token for. */
export function tokenRefusal({ status, message }: TokenRefusedError, hadCredentials: boolean): Refusal {
  const code = !hadCredentials ? 'UNAUTHORIZED' : status === 403 ? 'DENIED' : 'WRONG_CREDENTIALS';
  return { code, status, hadCredentials, words: message };
}

/**
 * The one error for all credentials that were tried, the one that tells the caller most: a known user without the right, a
 * known user who is not let in, wrong credentials, none at all.
 */
export function refusedError(refusals: readonly Refusal[], subject: string, host: string): RemoteError {
  const withCredentials = refusals.filter(({ hadCredentials }) => hadCredentials);
  const judged = withCredentials.length > 0 ? withCredentials : refusals;
  const order = ['DENIED', 'UNAUTHORIZED', 'WRONG_CREDENTIALS'];
  const [first] = [...judged].sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
  if (first === undefined) return new RemoteError('UNAUTHORIZED', `${subject}: ${host} refuses access`);
  const { code, status, hadCredentials, words } = first;
  return new RemoteError(code, `${subject}: ${WORDS[code](host, withCredentials.length)} (${words})`, {
    status,
    hadCredentials,
  });
}

const WORDS: Record<Refusal['code'], (host: string, tried: number) => string> = {
  DENIED: (host, tried) =>
    tried === 0
      ? `${host} denies access without credentials; add some`
      : `${host} denies access to ${credentials(tried)}; ask its owner for the right, and check the name`,
  UNAUTHORIZED: (host, tried) =>
    tried === 0
      ? `${host} wants credentials, and there are none for this repository; add some, and check the name`
      : `${host} gives no access to ${credentials(tried)}; ask its owner for the right, and check the name`,
  WRONG_CREDENTIALS: (host, tried) => `${host} does not know ${credentials(tried)}; check user name and password`,
};

function credentials(tried: number): string {
  return tried === 1 ? 'the credentials that we have' : `any of the ${tried} credentials that we have`;
}
