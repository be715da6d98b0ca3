import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpPath } from '@longshore/apiserver';
import { unauthorized } from '@longshore/kube';
import { FULL_SCOPE, expiryOf } from '../identity/kinds/oauth.js';
import { authorizeEndpoint } from './authorize-endpoint.js';
import { loginEndpoint, logoutEndpoint } from './login-endpoint.js';
import { OAuthError } from './oauth-error.js';
import { sendMessagePage } from './pages.js';
import type { OAuthServices } from './services.js';
import { sendJson, tokenEndpoint } from './token-endpoint.js';
import { tokenDisplayPage, tokenImplicitPage, tokenRequestPage } from './token-pages.js';

type Endpoint = (
  services: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => Promise<void> | void;

/** The OAuth server: how `oc login` and browsers get tokens. Paths that the API server serves beside its API. */
export function oauthPaths(services: OAuthServices): HttpPath[] {
  const path = (path: string, methods: readonly string[], endpoint: Endpoint): HttpPath => ({
    path,
    isPublic: true,
    handle: (request, response, { query }) => answer(services, methods, endpoint, request, response, query),
  });
  return [
    path('/.well-known/oauth-authorization-server', ['GET'], metadata),
    path('/oauth/authorize', ['GET', 'POST'], authorizeEndpoint),
    path('/oauth/token', ['POST'], tokenEndpoint),
    path('/oauth/token/request', ['GET'], tokenRequestPage),
    path('/oauth/token/display', ['GET', 'POST'], tokenDisplayPage),
    path('/oauth/token/implicit', ['GET'], tokenImplicitPage),
    path('/oauth/info', ['GET'], info),
    path('/login', ['GET', 'POST'], loginEndpoint),
    path('/logout', ['GET', 'POST'], logoutEndpoint),
  ];
}

async function answer(
  services: OAuthServices,
  methods: readonly string[],
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { method = '' } = request;
  if (!methods.includes(method === 'HEAD' && methods.includes('GET') ? 'GET' : method)) {
    const headers = { allow: methods.join(', ') };
    return sendMessagePage(response, 405, 'Method not allowed', `Use ${methods.join(' or ')}.`, headers);
  }
  try {
    await endpoint(services, request, response, query);
  } catch (error) {
    // What cannot be told to a client is told to the user.
    if (!(error instanceof OAuthError)) throw error;
    sendMessagePage(response, 400, 'This request cannot be answered', `${error.code}: ${error.message}`);
  }
}

/** RFC 8414 */
function metadata({ urls }: OAuthServices, request: IncomingMessage, response: ServerResponse): void {
  const issuer = urls.baseOf(request);
  sendJson(response, 200, {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    scopes_supported: [FULL_SCOPE],
    response_types_supported: ['code', 'token'],
    grant_types_supported: ['authorization_code', 'implicit'],
    code_challenge_methods_supported: ['S256'],
  });
}

/** What a client may know of the token that it has. Errors: ApiError `Unauthorized`. */
async function info({ accessTokens, now }: OAuthServices, request: IncomingMessage, response: ServerResponse) {
  const token = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const found = await accessTokens.find(token);
  if (found === undefined) throw unauthorized();
  const expiry = expiryOf(found);
  const seconds = expiry === undefined ? 0 : Math.floor((expiry.getTime() - now()) / 1000);
  const { clientName, scopes } = found;
  sendJson(response, 200, {
    client_id: clientName,
    expires_in: seconds,
    scope: scopes.join(' '),
    token_type: 'Bearer',
  });
}
