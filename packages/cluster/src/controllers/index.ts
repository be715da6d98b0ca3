export { runController, type Controller } from './controller.js';
export { namespaceContentsController } from './namespace-contents.js';
export { roleAggregationController } from './role-aggregation.js';
