import type { IncomingMessage, ServerResponse } from 'node:http';
import { BROWSER_CLIENT } from './clients.js';
import { exchangeCode } from './codes.js';
import { readForm } from './form.js';
import { OAuthError } from './oauth-error.js';
import { redirect } from './page.js';
import { sendMessagePage, sendTokenPage, sendTokenRequestPage } from './pages.js';
import { parameter } from './parameters.js';
import { findClient, type OAuthServices } from './services.js';

const DISPLAY = '/oauth/token/display';

/** `/oauth/token/request`: begins the way to a page that shows a token. */
export function tokenRequestPage({ urls }: OAuthServices, request: IncomingMessage, response: ServerResponse): void {
  const query = new URLSearchParams({
    client_id: BROWSER_CLIENT,
    redirect_uri: urls.baseOf(request) + DISPLAY,
    response_type: 'code',
  });
  redirect(response, `/oauth/authorize?${query.toString()}`);
}

/** `/oauth/token/display`: shows a token for the code, once the user asks for it. */
export async function tokenDisplayPage(
  services: OAuthServices,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { cookies, urls } = services;
  const formToken = cookies.formToken(request);
  if (request.method !== 'POST') {
    const code = parameter(query, 'code');
    const problem = parameter(query, 'error_description') ?? parameter(query, 'error');
    if (code === undefined) throw new OAuthError('invalid_request', problem ?? 'code is missing');
    return sendTokenRequestPage(response, formToken, code);
  }
  const form = await readForm(request);
  if (!cookies.isOwnForm(request, form)) throw new OAuthError('invalid_request', 'this form was too old');
  const client = await findClient(services, BROWSER_CLIENT);
  if (client === undefined) throw new OAuthError('invalid_client', 'this cluster shows no tokens in browsers');
  const base = urls.baseOf(request);
  const code = form.get('code') ?? '';
  const { token } = await exchangeCode(services, {
    client,
    code,
    redirectUri: base + DISPLAY,
    codeVerifier: undefined,
  });
  sendTokenPage(response, formToken, token, base);
}

/** `/oauth/token/implicit`: where command lines stop, as the token stands in the address. */
export function tokenImplicitPage(_: OAuthServices, __: IncomingMessage, response: ServerResponse): void {
  const message =
    'You have reached this page by following a redirect of an OAuth authorize request. If it was successful, the token stands in the fragment of this address: #access_token=…';
  sendMessagePage(response, 200, 'OAuth', message);
}
