/** One exchange with an API server, over the network or in the same process. */
export interface Transport {
  /**
   * Resolves when the head of the answer is there. Errors: {@link UnreachableError}, {@link CredentialError}, or the signal's
   * reason.
   */
  request(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Escaped, without query. */
  path: string;
  query?: URLSearchParams;
  headers?: Readonly<Record<string, string>>;
  body?: string | AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
  /** The answer is a stream that may be silent for long. */
  isWatch?: boolean;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Must be read to its end, or left by `return`, which ends the exchange. */
  body: AsyncIterable<Uint8Array>;
}

/** The server did not answer, or stopped in the middle. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'KUBE_UNREACHABLE';
}

/** No credential could be obtained. The message never holds one. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code = 'KUBE_CREDENTIAL';
}
