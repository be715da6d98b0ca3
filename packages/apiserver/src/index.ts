export * from './access/access.js';
export * from './definition.js';
export * from './store/store.js';
