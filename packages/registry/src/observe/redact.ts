/** What stands in a log in place of a secret. */
export const REDACTED = '***';

const SECRET_PARAMETERS = new Set([
  '_state',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'password',
  'client_secret',
  'sig',
  'signature',
  'x-amz-signature',
  'x-amz-security-token',
  'x-goog-signature',
]);

const SECRET_ENDINGS = ['authorization', 'password', 'passwd', 'secret', 'token', 'cookie', 'secretkey', 'accountkey'];

/**
 * True when a field of this name holds a secret. Only the part behind the last dot counts (`http.secret`), whatever its
 * case and its `-` and `_`.
 */
export function isSecretName(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (last === '_state') return true;
  const plain = last.replaceAll(/[-_]/g, '');
  return SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
}

/**
 * A URI as it may stand in a log: without userinfo and without the values of query parameters that carry secrets
 * (`_state`, `token`, `access_token`, `password`, `client_secret`, signatures of presigned URLs). Anything that is no
 * URI comes back as it is.
 */
export function redactUri(uri: string): string {
  const query = uri.indexOf('?');
  if (query < 0) return redactUserinfo(uri);
  const fragment = uri.indexOf('#', query);
  const end = fragment < 0 ? uri.length : fragment;
  return redactUserinfo(uri.slice(0, query)) + '?' + redactQuery(uri.slice(query + 1, end)) + uri.slice(end);
}

function redactQuery(query: string): string {
  const parameters = query.split(/([&;?])/);
  for (let index = 0; index < parameters.length; index += 2) {
    const parameter = parameters[index] ?? '';
    const equals = parameter.indexOf('=');
    if (equals >= 0 && isSecretParameter(parameter.slice(0, equals))) {
      parameters[index] = parameter.slice(0, equals + 1) + REDACTED;
    }
  }
  return parameters.join('');
}

function isSecretParameter(name: string): boolean {
  const decoded = name.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return SECRET_PARAMETERS.has(decoded.trim().toLowerCase());
}

/** Userinfo ends at the last `@` of the authority: a password may hold an unescaped one. */
function redactUserinfo(uri: string): string {
  const slashes = uri.indexOf('//');
  if (slashes < 0) return uri;
  const start = slashes + 2;
  const slash = uri.indexOf('/', start);
  const at = uri.lastIndexOf('@', slash < 0 ? uri.length : slash);
  return at < start ? uri : uri.slice(0, start) + REDACTED + uri.slice(at);
}

const SUSPECT = /[?&]|:\/\/|bearer|basic/i;
const URLS = /:\/\/[^\s"'<>]+/g;
const CREDENTIALS = /\b(bearer|basic)\s+[A-Za-z0-9+/._~-]{16,}=*/gi;
const PARAMETERS = /([?&;]([^\s"'<>&;?=]{1,40})=)[^\s"'<>&;#]*/g;

/** Free text (an error message) with the URLs, query parameters and authorization values in it redacted. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replaceAll(URLS, (url) => redactUri(url))
    .replaceAll(PARAMETERS, (whole, lead: string, name: string) => (isSecretParameter(name) ? lead + REDACTED : whole))
    .replaceAll(CREDENTIALS, `$1 ${REDACTED}`);
}
