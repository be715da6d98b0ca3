import { HttpTransport, isJsonObject, readText, type Connection, type TransportResponse } from '@longshore/kube';
import { CliError } from '../cli-error.js';

const CLIENT_ID = 'openshift-challenging-client';
const MAX_BYTES = 1024 * 1024;

export interface PasswordLogin {
  /** Of the API server, without a credential. */
  connection: Connection;
  username: string;
  password: string;
  signal?: AbortSignal;
}

/**
 * A token for a user name and password, from the OAuth server that the API server names (RFC 8414, and OpenShift's client for
 * challenges). Errors: CliError; UnreachableError.
 */
export async function tokenByPassword({ connection, username, password, signal }: PasswordLogin): Promise<string> {
  const endpoint = await authorizationEndpoint(connection, signal);
  const redirect = new URL('implicit', endpoint.href.replace(/\/authorize$/, '/token/')).href;
  const query = new URLSearchParams({ client_id: CLIENT_ID, response_type: 'token', redirect_uri: redirect });
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  // Browsers cannot send this header, so that no page can log somebody in.
  const headers = { 'x-csrf-token': '1', authorization: `Basic ${basic}` };
  const answer = await exchange({ ...connection, server: new URL(endpoint.origin) }, (transport) =>
    transport.request({ method: 'GET', path: endpoint.pathname, query, headers, ...(signal && { signal }) }),
  );
  if (answer.status === 401)
    throw new CliError('Login failed (401 Unauthorized)\nVerify you have provided the correct credentials.');
  const location = answer.headers['location'] ?? '';
  const token = new URLSearchParams(location.split('#')[1]).get('access_token');
  if (token !== null && token !== '') return token;
  const reason = new URLSearchParams(location.split(/[?#]/)[1]).get('error_description');
  throw new CliError(`${endpoint.host} gave no token: ${reason ?? `it answered ${answer.status}`}`);
}

async function authorizationEndpoint(connection: Connection, signal: AbortSignal | undefined): Promise<URL> {
  const path = '/.well-known/oauth-authorization-server';
  const { status, text } = await exchange(connection, (transport) =>
    transport.request({ method: 'GET', path, ...(signal && { signal }) }),
  );
  const { host } = connection.server;
  if (status !== 200) throw new CliError(`${host} has no OAuth server (it answered ${status}); log in with --token`);
  const { authorization_endpoint: endpoint } = metadataOf(text);
  if (typeof endpoint === 'string' && URL.canParse(endpoint) && endpoint.startsWith('https://'))
    return new URL(endpoint);
  throw new CliError(`${host} does not say where its OAuth server is`);
}

function metadataOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

interface Answer extends Pick<TransportResponse, 'status' | 'headers'> {
  text: string;
}

async function exchange(
  connection: Connection,
  send: (transport: HttpTransport) => Promise<TransportResponse>,
): Promise<Answer> {
  const transport = new HttpTransport(connection);
  try {
    const { status, headers, body } = await send(transport);
    return { status, headers, text: await readText(body, MAX_BYTES) };
  } finally {
    await transport.close();
  }
}
