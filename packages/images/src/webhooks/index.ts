export { type DeliveryOutcome, type WebhookDeliveryError } from './delivery.js';
export { runImageWebhooks, type ImageWebhooksOptions } from './image-webhooks.js';
