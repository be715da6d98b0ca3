import { formatGroupKind, formatGroupResource, type GroupKind, type GroupResource } from './object.js';
import { STATUS_CODES, type Status, type StatusCause, type StatusDetails, type StatusReason } from './status.js';

/** An answer of the API that is no success; made by servers, and by clients from what they received. */
export class ApiError extends Error {
  readonly code = 'KUBE_API';
  constructor(
    readonly reason: StatusReason | undefined,
    message: string,
    readonly httpStatus: number = reason === undefined ? 500 : STATUS_CODES[reason],
    readonly details: StatusDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
  }

  toStatus(): Status {
    const hasDetails = Object.keys(this.details).length > 0;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== undefined && { reason: this.reason }),
      ...(hasDetails && { details: this.details }),
      code: this.httpStatus,
    };
  }

  /** The error behind a Status that a server sent. */
  static fromStatus(status: Status): ApiError {
    const reason = Object.hasOwn(STATUS_CODES, status.reason ?? '') ? status.reason : undefined;
    return new ApiError(reason, status.message ?? 'unknown error', status.code ?? 500, status.details ?? {});
  }

  /** The error behind an answer without a Status: of a proxy on the way, of a path that is no resource. */
  static fromHttpStatus(httpStatus: number, text: string): ApiError {
    const reason = (Object.keys(STATUS_CODES) as StatusReason[]).find((reason) => STATUS_CODES[reason] === httpStatus);
    const shown = text.trim().slice(0, 200);
    return new ApiError(reason, shown === '' ? `the server answered ${httpStatus}` : shown, httpStatus);
  }
}

const at = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  name,
  ...(group !== '' && { group }),
  kind: resource,
});

/** `pods "web" not found` */
export function notFound(resource: GroupResource, name: string): ApiError {
  return new ApiError(
    'NotFound',
    `${formatGroupResource(resource)} "${name}" not found`,
    undefined,
    at(resource, name),
  );
}

/** What a path without any resource gets. */
export function unknownResource(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource');
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  return new ApiError(
    'AlreadyExists',
    `${formatGroupResource(resource)} "${name}" already exists`,
    undefined,
    at(resource, name),
  );
}

/** `why`: what stood against it, as Kubernetes words it behind the colon. */
export function conflict(resource: GroupResource, name: string, why: string): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${formatGroupResource(resource)} "${name}": ${why}`,
    undefined,
    at(resource, name),
  );
}

/** The usual reason for a conflict: the object changed since it was read. */
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** `why` may be empty, as when nothing grants the right. */
export function forbidden(resource: GroupResource, name: string, why: string): ApiError {
  const what = formatGroupResource(resource);
  const subject = name === '' ? `${what} is forbidden` : `${what} "${name}" is forbidden`;
  return new ApiError('Forbidden', `${subject}: ${why}`, undefined, {
    ...(name !== '' && { name }),
    ...(resource.group !== '' && { group: resource.group }),
    kind: resource.resource,
  });
}

export function unauthorized(message = 'Unauthorized'): ApiError {
  return new ApiError('Unauthorized', message);
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/** `causes` carry message and field; the text lists them as Kubernetes does: one as it is, several in brackets. */
export function invalid(kind: GroupKind, name: string, causes: StatusCause[]): ApiError {
  const lines = [...new Set(causes.map(({ field, message = '' }) => (field ? `${field}: ${message}` : message)))];
  const list = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  return new ApiError('Invalid', `${formatGroupKind(kind)} "${name}" is invalid: ${list}`, undefined, {
    ...(name !== '' && { name }),
    ...(kind.group !== '' && { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

export function methodNotAllowed(resource: GroupResource, verb: string): ApiError {
  return new ApiError(
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${formatGroupResource(resource)}"`,
    undefined,
    {
      ...(resource.group !== '' && { group: resource.group }),
      kind: resource.resource,
    },
  );
}

export function expired(message: string): ApiError {
  return new ApiError('Expired', message);
}

/** A watch or an exact list that starts before what the server still knows. */
export function tooOldResourceVersion(requested: number, oldest: number): ApiError {
  return expired(`too old resource version: ${requested} (${oldest})`);
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError('UnsupportedMediaType', message);
}

export function notAcceptable(message: string): ApiError {
  return new ApiError('NotAcceptable', message);
}

export function tooLarge(message: string): ApiError {
  return new ApiError('RequestEntityTooLarge', message);
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', message, undefined, { retryAfterSeconds });
}

export function internalError(cause: unknown): ApiError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(
    'InternalError',
    `Internal error occurred: ${text}`,
    undefined,
    { causes: [{ message: text }] },
    { cause },
  );
}

/** Whether an error is an answer of the API with this reason. */
export function hasReason(error: unknown, reason: StatusReason): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}
