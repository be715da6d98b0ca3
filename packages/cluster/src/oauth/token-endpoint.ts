import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OAuthClient } from '../identity/objects.js';
import { basicCredentials } from './basic-credentials.js';
import { exchangeCode } from './codes.js';
import { readForm } from './form.js';
import { OAuthError } from './oauth-error.js';
import { PAGE_HEADERS } from './page.js';
import { parameter } from './parameters.js';
import { equalTexts } from './pkce.js';
import { findClient, type OAuthServices } from './services.js';

/** `/oauth/token`: exchanges a code for an access token (RFC 6749, 3.2). `oc` sends its parameters in the query. */
export async function tokenEndpoint(
  services: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  try {
    const hasBody = request.headers['content-type'] !== undefined;
    const parameters = new URLSearchParams([...query, ...(hasBody ? await readForm(request) : [])]);
    const grantType = parameter(parameters, 'grant_type');
    if (grantType !== 'authorization_code') {
      throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code');
    }
    const client = await authenticateClient(services, request, parameters);
    const code = parameter(parameters, 'code');
    if (code === undefined) throw new OAuthError('invalid_request', 'code is missing');
    const [redirectUri, codeVerifier] = ['redirect_uri', 'code_verifier'].map((name) => parameter(parameters, name));
    const { token, scopes, expiresIn } = await exchangeCode(services, { client, code, redirectUri, codeVerifier });
    const answer = { access_token: token, expires_in: expiresIn, scope: scopes.join(' '), token_type: 'Bearer' };
    sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const isClient = error.code === 'invalid_client';
    const headers: Record<string, string> = isClient ? { 'www-authenticate': 'Basic realm="openshift"' } : {};
    sendJson(response, isClient ? 401 : 400, { error: error.code, error_description: error.message }, headers);
  }
}

/** Errors: OAuthError `invalid_client`. */
async function authenticateClient(
  services: OAuthServices,
  request: IncomingMessage,
  parameters: URLSearchParams,
): Promise<OAuthClient> {
  const basic = basicCredentials(request.headers.authorization);
  const name = basic === undefined ? parameter(parameters, 'client_id') : decode(basic.user);
  const secret = basic === undefined ? (parameter(parameters, 'client_secret') ?? '') : decode(basic.password);
  const client = await findClient(services, name);
  const secrets = [client?.secret, ...(client?.additionalSecrets ?? [])].filter((each) => each !== undefined);
  const isRight = secrets.length === 0 ? secret === '' : secrets.some((each) => equalTexts(each, secret));
  if (client === undefined || !isRight)
    throw new OAuthError('invalid_client', 'the client is unknown, or its secret is wrong');
  return client;
}

/** Both parts are encoded as forms are (RFC 6749, 2.3.1). */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const all = { ...PAGE_HEADERS, pragma: 'no-cache', 'content-type': 'application/json', ...headers };
  response.writeHead(status, all).end(JSON.stringify(body));
}
