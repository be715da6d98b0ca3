export * from './api/parts.js';
export { MAX_EVENTS_PER_STREAM, MAX_EVENTS_PER_TAG, TagHistories } from './streams/tag-histories.js';
export { TAG_LOG_ANNOTATION, logTagChanges, tagLog, type TagChange } from './streams/tag-log.js';
export { runTriggerController, type TriggerControllerOptions } from './triggers/index.js';
export { LayersIndex } from './layers/layers-index.js';
export { ImageLimits, type ImageLimitsOptions } from './limits/image-limits.js';
export { quotaController, type QuotaController } from './limits/quota-controller.js';
export { imagePolicy, type ImagePolicyOptions } from './policy/index.js';
