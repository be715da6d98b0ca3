import type { Subject } from '../access/access.js';
import type { ReviewedRight } from '../access/cluster.js';
import type { MaybePromise } from '../access/maybe-promise.js';
import type { StreamCatalog } from './catalog.js';
import type { StreamName } from './image-api.js';
import type { Publisher } from './publisher.js';
import type { Signatures } from './signatures.js';
import type { Streams } from './streams.js';
import type { UploadLimits } from './upload-limits.js';

/** What a registry has beside its storage when it belongs to a cluster. */
export interface Cluster {
  streams: Streams;
  publisher: Publisher;
  catalog: StreamCatalog;
  signatures: Signatures;
  /** Undefined when they are switched off (`openshift.quota.enabled`). */
  limits: UploadLimits | undefined;
  /** Splits a repository's name. Errors: NAME_INVALID. */
  streamName(repository: string): StreamName;
  /** Whether somebody has a right in the group `image.openshift.io`. Errors: AccessUnavailableError. */
  allows(subject: Subject, right: ReviewedRight): MaybePromise<boolean>;
}
