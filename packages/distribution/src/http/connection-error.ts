/**
 * Why an exchange came to nothing before or after its headers. Only `BROKEN` is worth another attempt at once: a connection
 * that ends in the middle is often an old one that the server had given up.
 */
export type ConnectionFault =
  /** The address policy refuses all addresses of the host. */
  | 'ADDRESS_REFUSED'
  /** The host answers TLS with plain http. */
  | 'HTTP_ONLY'
  /** The certificate is not one that we trust, or TLS fails otherwise. */
  | 'CERTIFICATE'
  /** No such host, nobody listens, no route, or the proxy refuses. */
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'BROKEN';

/** A connection failed. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(
    readonly code: ConnectionFault,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The failure for a host all of whose addresses are refused. */
export function refusal(host: string, addresses: readonly string[]): ConnectionError {
  const shown = addresses.slice(0, 4).join(', ');
  return new ConnectionError('ADDRESS_REFUSED', `${host} has no address that may be connected to (${shown})`);
}

const BY_CODE: Readonly<Record<string, ConnectionFault>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'HTTP_ONLY',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'HTTP_ONLY',
  ECONNRESET: 'BROKEN',
  EPIPE: 'BROKEN',
  UND_ERR_SOCKET: 'BROKEN',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'BROKEN',
  UND_ERR_RESPONSE: 'BROKEN',
  ETIMEDOUT: 'TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'TIMEOUT',
  EAI_AGAIN: 'BROKEN',
};

/** `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE`, `ERR_TLS_CERT_ALTNAME_INVALID` … */
const CERTIFICATE = /CERT|UNABLE_TO_|ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO/;

/** Makes a ConnectionError of what Node's sockets and undici throw. */
export function connectionErrorOf(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const { code = '', message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  // Happy eyeballs fail with one error for all addresses.
  if (error instanceof AggregateError && error.errors.length > 0) return connectionErrorOf(error.errors[0]);
  const fault = BY_CODE[code] ?? (code.startsWith('HPE_') ? 'BROKEN' : undefined);
  if (fault !== undefined) return new ConnectionError(fault, message, { cause: error });
  const isTls = CERTIFICATE.test(code);
  if (isTls && message.includes('wrong version number'))
    return new ConnectionError('HTTP_ONLY', message, { cause: error });
  return new ConnectionError(isTls ? 'CERTIFICATE' : 'UNREACHABLE', message, { cause: error });
}
