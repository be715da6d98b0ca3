export { eventExpiryController } from './event-expiry.js';
export { namespaceContentsController } from './namespace-contents.js';
export { roleAggregationController } from './role-aggregation.js';
