/** The registry as a program sees it. Its parts are loaded when they are used: see the subpaths in package.json. */
export * from './config/index.js';
export type * from './access/index.js';
export { BcryptThread } from './access/bcrypt-thread.js';
export type { ComparePassword } from './access/bcrypt-thread.js';
export { AccessUnavailableError } from './access/errors.js';
export { createLogger } from './observe/logger.js';
export type { Logger } from './observe/index.js';
export { readClusterHoldings, type ClusterHoldings } from './gc/cluster-holdings.js';
export type { GcOptions, GcProgress, GcReport } from './gc/collect-garbage.js';
export { QUARANTINE } from './layout.js';
export type { Finding, FsckOptions, FsckProgress, FsckReport } from './fsck/fsck.js';
export { openMaintenance } from './server/open-maintenance.js';
export type { Maintenance } from './server/maintenance.js';
export type { Running } from './server/run.js';
export { serve } from './server/serve.js';
export { serveFolder, type ServedFolder } from './folder/serve-folder.js';
