import type { IncomingMessage, ServerResponse } from 'node:http';
import { TooManyLoginsError } from '../identity/passwords/login-limiter.js';
import { UserMappingError } from '../identity/passwords/user-mapping.js';
import { readForm } from './form.js';
import { OAuthError } from './oauth-error.js';
import { redirect } from './page.js';
import { sendLoginPage, sendLogoutPage, sendMessagePage } from './pages.js';
import type { OAuthServices } from './services.js';

const DEFAULT_THEN = '/oauth/token/request';
const ALLOWED_PATHS = new Set(['/oauth/authorize', DEFAULT_THEN]);

/** Where a login may lead: to our own pages, and nowhere else. Errors: OAuthError `invalid_request`. */
export function checkThen(then: string | null): string {
  if (then === null || then === '') return DEFAULT_THEN;
  const isPlain = /^\/[\x21-\x7e]*$/.test(then) && !then.startsWith('//') && !then.includes('\\');
  const path = then.split(/[?#]/)[0] ?? '';
  if (!isPlain || !ALLOWED_PATHS.has(path))
    throw new OAuthError('invalid_request', 'then must be a page of this server');
  return then;
}

/** `/login`: a form, and what it sends. */
export async function loginEndpoint(
  { cookies, passwords }: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const formToken = cookies.formToken(request);
  if (request.method !== 'POST') {
    sendLoginPage(response, formToken, { then: checkThen(query.get('then')) });
    return;
  }
  const form = await readForm(request);
  const then = checkThen(form.get('then'));
  const user = form.get('username') ?? '';
  const again = (status: number, problem: string) =>
    sendLoginPage(response, formToken, { then, user, problem, status });
  if (!cookies.isOwnForm(request, form)) return again(403, 'This form was too old. Please try again.');
  try {
    const found = await passwords.login(user, form.get('password') ?? '', request.socket.remoteAddress ?? '');
    if (found === undefined) return again(403, 'Invalid login or password. Please try again.');
    redirect(response, then, { 'set-cookie': cookies.newSession(found) });
  } catch (error) {
    if (error instanceof TooManyLoginsError) {
      response.setHeader('retry-after', error.retryAfterSeconds);
      return again(429, `Too many failed logins. Please try again in ${error.retryAfterSeconds} seconds.`);
    }
    if (error instanceof UserMappingError) return again(403, `You cannot log in: ${error.message}.`);
    throw error;
  }
}

/** `/logout`: ends the session of the browser; tokens go on. */
export async function logoutEndpoint(
  { cookies }: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') return sendLogoutPage(response, cookies.formToken(request));
  if (!cookies.isOwnForm(request, await readForm(request))) return sendLogoutPage(response, cookies.formToken(request));
  sendMessagePage(response, 200, 'Logged out', 'You are logged out.', { 'set-cookie': cookies.endSession() });
}
