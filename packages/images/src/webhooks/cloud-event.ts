import { createHash } from 'node:crypto';
import { formatTime, IMAGE_API_VERSION, type Image } from '@longshore/kube';
import type { ChangeCause, StreamChange } from './stream-changes.js';

/** By what happened; the types of the events. */
export const EVENT_TYPES = {
  push: 'io.openshift.image.pushed',
  import: 'io.openshift.image.imported',
  tag: 'io.openshift.image.tagged',
  delete: 'io.openshift.image.deleted',
} as const satisfies Record<ChangeCause, string>;

/** CloudEvents 1.0, structured mode. */
export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json; charset=utf-8';

export interface ImageStreamEvent {
  specversion: '1.0';
  /** The same for the same change, also when another replica tells it. */
  id: string;
  source: string;
  type: string;
  /** The tag; none when the stream is gone. */
  subject?: string;
  time: string;
  datacontenttype: 'application/json';
  /** So many events before this one did not reach this receiver: it should look at the streams themselves. */
  missedevents?: number;
  data: {
    namespace: string;
    stream: string;
    tag?: string;
    digest?: string;
    reference?: string;
    previousDigest?: string;
    mediaType?: string;
    /** Bytes of the configuration and the layers. */
    size?: number;
    cause: ChangeCause;
    user?: string;
    onBehalfOf?: string;
  };
}

/** The event that tells a change. `image` is what the digest names, where it is known; `now` counts for deletions. */
export function cloudEvent(change: StreamChange, image: Image | undefined, now: Date): ImageStreamEvent {
  const { uid, version, time = formatTime(now), ...data } = change;
  const { namespace, stream, tag, cause } = data;
  const id = createHash('sha256')
    .update(JSON.stringify([uid, version, tag ?? null, cause]))
    .digest('hex')
    .slice(0, 32);
  const { dockerImageManifestMediaType: mediaType, dockerImageMetadata: { Size: size } = {} } = image ?? {};
  return {
    specversion: '1.0',
    id,
    source: `/apis/${IMAGE_API_VERSION}/namespaces/${namespace}/imagestreams/${stream}`,
    type: EVENT_TYPES[cause],
    ...(tag !== undefined && { subject: tag }),
    time,
    datacontenttype: 'application/json',
    data: { ...data, ...(mediaType !== undefined && { mediaType }), ...(size !== undefined && { size }) },
  };
}
