export * from './api-error.js';
export * from './object.js';
export * from './schema.js';
export * from './status.js';
