import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasReason } from '@longshore/kube';
import type { LoggedIn } from '../identity/access-tokens/access-tokens.js';
import { TooManyLoginsError } from '../identity/passwords/login-limiter.js';
import { UserMappingError } from '../identity/passwords/user-mapping.js';
import { CLIENT_AUTHORIZATIONS, OAUTH_GROUP, type OAuthClientAuthorization } from '../identity/objects.js';
import {
  answerUrl,
  readAuthorizeRequest,
  readTarget,
  type AuthorizeRequest,
  type Target,
} from './authorize-request.js';
import { basicCredentials } from './basic-credentials.js';
import { issueCode } from './codes.js';
import { readForm } from './form.js';
import { OAuthError } from './oauth-error.js';
import { PAGE_HEADERS, redirect } from './page.js';
import { sendApprovalPage } from './pages.js';
import { parameter } from './parameters.js';
import { findClient, tokenSeconds, type OAuthServices } from './services.js';

/** What a command line sends to tell itself from a browser that was tricked into sending a password. */
const CSRF_HEADER = 'x-csrf-token';

/** `/oauth/authorize`: gives a client a code or a token for the user that is logged in (RFC 6749, 3.1). */
export async function authorizeEndpoint(
  services: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const base = services.urls.baseOf(request);
  const client = await findClient(services, parameter(query, 'client_id'));
  const target = readTarget(query, client, (uri) => services.urls.canonical(uri, base));
  try {
    const wanted = readAuthorizeRequest(query, target);
    const user = target.client.respondWithChallenges
      ? await challenge(services, request, response)
      : await session(services, request, response, query);
    if (user === undefined || !(await mayGrant(services, request, response, wanted, user, query))) return;
    redirect(response, answerUrl(wanted, await grant(services, wanted, user)));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    sendError(response, target, error);
  }
}

function sendError(response: ServerResponse, target: Target, { code, message }: OAuthError): void {
  redirect(response, answerUrl(target, { error: code, error_description: message }));
}

async function grant(
  services: OAuthServices,
  wanted: AuthorizeRequest,
  user: LoggedIn,
): Promise<Record<string, string>> {
  if (!wanted.isImplicit) return { code: await issueCode(services, wanted, user) };
  const { client, scopes, redirectUri } = wanted;
  const expiresIn = await tokenSeconds(services, client);
  const token = await services.accessTokens.issue({ user, client, scopes, redirectUri, expiresIn });
  return { access_token: token, expires_in: String(expiresIn), scope: scopes.join(' '), token_type: 'Bearer' };
}

/** The user by Basic credentials. Undefined after an answer that asks for them. */
async function challenge(
  { passwords }: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<LoggedIn | undefined> {
  if ((request.headers[CSRF_HEADER] ?? '') === '') {
    const warning = '199 Origin "A non-empty X-CSRF-Token header is required to receive basic-auth challenges"';
    refuse(response, 401, { warning }, 'a non-empty X-CSRF-Token header is required');
    return undefined;
  }
  const asking = { 'www-authenticate': 'Basic realm="openshift"' };
  const credentials = basicCredentials(request.headers.authorization);
  try {
    const address = request.socket.remoteAddress ?? '';
    const user = credentials && (await passwords.login(credentials.user, credentials.password, address));
    if (user === undefined) refuse(response, 401, asking, 'user name and password are required');
    return user;
  } catch (error) {
    if (error instanceof TooManyLoginsError) {
      refuse(response, 429, { 'retry-after': String(error.retryAfterSeconds) }, error.message);
    } else if (error instanceof UserMappingError) {
      refuse(response, 401, {}, error.message);
    } else throw error;
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>, message: string): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${message}\n`);
}

/** The user of the browser's session. Undefined after an answer that sends to the login page. */
async function session(
  { cookies, accessTokens }: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<LoggedIn | undefined> {
  const user = cookies.session(request);
  if (user !== undefined && (await accessTokens.isCurrent(user))) return user;
  const then = new URLSearchParams({ then: `/oauth/authorize?${query.toString()}` });
  redirect(response, `/login?${then.toString()}`);
  return undefined;
}

/** Whether the user has agreed to the client, now or before. False after an answer that asks. */
async function mayGrant(
  services: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  { client, scopes }: AuthorizeRequest,
  user: LoggedIn,
  query: URLSearchParams,
): Promise<boolean> {
  const { objects, cookies } = services;
  // Who takes challenges has nobody to ask.
  if (client.grantMethod === 'auto' || client.respondWithChallenges) return true;
  const clientName = client.metadata.name ?? '';
  const consentName = `${user.name}:${clientName}`;
  const consent = await objects.get<OAuthClientAuthorization>(CLIENT_AUTHORIZATIONS, '', consentName);
  const isSameUser = consent?.userUID === user.uid;
  if (isSameUser && scopes.every((scope) => consent.scopes.includes(scope))) return true;
  if (request.method !== 'POST') {
    sendApprovalPage(response, cookies.formToken(request), {
      client: clientName,
      user: user.name,
      query: query.toString(),
    });
    return false;
  }
  const form = await readForm(request);
  if (!cookies.isOwnForm(request, form) || form.get('approve') !== 'yes') {
    throw new OAuthError('access_denied', 'the user refused');
  }
  await saveConsent(services, { clientName, userName: user.name, userUID: user.uid, scopes }, consent);
  return true;
}

async function saveConsent(
  { objects }: OAuthServices,
  fields: Pick<OAuthClientAuthorization, 'clientName' | 'userName' | 'userUID' | 'scopes'>,
  old: OAuthClientAuthorization | undefined,
): Promise<void> {
  if (old !== undefined) {
    await objects.update<OAuthClientAuthorization>(CLIENT_AUTHORIZATIONS, { ...old, ...fields });
    return;
  }
  const metadata = { name: `${fields.userName}:${fields.clientName}` };
  const type = { apiVersion: `${OAUTH_GROUP}/v1`, kind: 'OAuthClientAuthorization' };
  try {
    await objects.create<OAuthClientAuthorization>(CLIENT_AUTHORIZATIONS, { ...type, metadata, ...fields });
  } catch (error) {
    // The user agreed twice at once.
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
}
