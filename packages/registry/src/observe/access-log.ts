import type { Fields, Logger } from './logger.js';

/** What is known about a request when its answer is over. */
export interface AccessRecord {
  host: string | undefined;
  /** The request id, the same in the answer's header and in every other line about the request. */
  id: string;
  method: string;
  /** `address:port` of the client. */
  remoteAddress: string | undefined;
  /** Path and query as sent; the logger takes the secrets out of every field of this name. */
  uri: string;
  userAgent: string | undefined;
  contentType: string | undefined;
  status: number;
  /** Bytes of body sent. */
  written: number;
  seconds: number;
  responseContentType: string | undefined;
  /** True when the client went away before the answer was complete. */
  aborted?: boolean;
  user?: string | undefined;
  /** The cluster's id of the user. */
  userId?: string | undefined;
  name?: string | undefined;
  digest?: string | undefined;
  reference?: string | undefined;
  uuid?: string | undefined;
  error?: { code: string; message: string; detail?: unknown } | undefined;
}

/** What nginx and others write when the client closed the connection first. */
const CLIENT_CLOSED_REQUEST = 499;

/** Writes the one line that each request gets (reference registry 7.3). */
export class AccessLog {
  /** False when `write` does nothing: the caller need not make the record. */
  readonly enabled: boolean;

  /** `inCluster`: users are named as OpenShift's registry does it. */
  constructor(
    private readonly logger: Logger,
    private readonly options: { disabled?: boolean; inCluster?: boolean } = {},
  ) {
    this.enabled = options.disabled !== true && logger.enabled('error');
  }

  /** Call once a request: at level error when the server failed (5xx), else at level info. */
  write(record: AccessRecord): void {
    if (!this.enabled) return;
    const { inCluster = false } = this.options;
    if (record.status >= 500 && record.aborted !== true) {
      this.logger.error(formatAccess(record, inCluster), 'response completed with error');
    } else if (this.logger.enabled('info')) {
      this.logger.info(formatAccess(record, inCluster), 'response completed');
    }
  }
}

/** The fields of the line. */
export function formatAccess(record: AccessRecord, inCluster: boolean): Fields {
  const { error, user, userId } = record;
  return {
    ...(inCluster ? { 'openshift.auth.user': user, 'openshift.auth.userid': userId } : { 'auth.user': user }),
    'err.code': error === undefined ? undefined : error.code.toLowerCase().replaceAll('_', ' '),
    'err.detail': error?.detail,
    'err.message': error?.message,
    'http.request.contenttype': record.contentType,
    'http.request.host': record.host,
    'http.request.id': record.id,
    'http.request.method': record.method,
    'http.request.remoteaddr': record.remoteAddress,
    'http.request.uri': record.uri,
    'http.request.useragent': record.userAgent,
    'http.response.contenttype': record.responseContentType,
    'http.response.duration': formatDuration(record.seconds),
    'http.response.status': record.aborted === true ? CLIENT_CLOSED_REQUEST : record.status,
    'http.response.written': record.written,
    'vars.digest': record.digest,
    'vars.name': record.name,
    'vars.reference': record.reference,
    'vars.uuid': record.uuid,
  };
}

/** A duration as log readers for Go programs expect it: `0.042ms`, `48.968ms`, `12.5s`. */
export function formatDuration(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1e6) / 1e3}ms` : `${Math.round(seconds * 1e3) / 1e3}s`;
}
