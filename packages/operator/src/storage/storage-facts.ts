import type { AzureFacts } from './azure.js';
import type { GcsFacts } from './gcs.js';
import type { IbmFacts, S3Facts } from './s3.js';
import type { SwiftFacts } from './swift.js';

/** What the drivers of stores outside of the cluster have found out. A store without facts has no driver here. */
export interface StorageFacts {
  s3?: S3Facts;
  gcs?: GcsFacts;
  swift?: SwiftFacts;
  azure?: AzureFacts;
  ibmcos?: IbmFacts;
}
