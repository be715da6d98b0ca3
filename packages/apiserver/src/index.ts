export * from './access/access.js';
export * from './definition.js';
export * from './schema/index.js';
export * from './store/lmdb/lmdb-store.js';
export * from './store/store.js';
export * from './watch/hub.js';
