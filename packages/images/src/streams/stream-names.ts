import { IMAGE_GROUP } from '@longshore/kube';

/** Resources and kinds as errors and object access name them. */
export const STREAMS = `imagestreams.${IMAGE_GROUP}`;
export const STREAM_RESOURCE = { group: IMAGE_GROUP, resource: 'imagestreams' };
export const STREAM_KIND = { group: IMAGE_GROUP, kind: 'ImageStream' };
export const MAPPING_RESOURCE = { group: IMAGE_GROUP, resource: 'imagestreammappings' };
