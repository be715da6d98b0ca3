import { ApiError, formatGroupResource, IMAGE_GROUP } from '@longshore/kube';

/** A limit that a write would pass. */
export interface Excess {
  reason: 'LimitExceeded' | 'QuotaExceeded';
  /** The key of the limit: `storage`, `openshift.io/images`. */
  resource: string;
  message: string;
}

const STREAMS = { group: IMAGE_GROUP, resource: 'imagestreams' };

/** `Forbidden` with a cause for each limit, so that a client finds the key without reading the message. */
export function refuseExcess(stream: string, excesses: readonly Excess[]): ApiError {
  const why = excesses.map(({ message }) => message).join(', ');
  const message = `${formatGroupResource(STREAMS)} "${stream}" is forbidden: ${why}`;
  return new ApiError('Forbidden', message, undefined, {
    name: stream,
    group: STREAMS.group,
    kind: STREAMS.resource,
    causes: excesses.map(({ reason, resource, message }) => ({ reason, field: resource, message })),
  });
}
