export { runImageWebhooks } from './image-webhooks.js';
