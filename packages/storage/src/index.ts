export { describeStorageDriver } from './conformance.js';
export type { DriverUnderTest, TestApi } from './conformance.js';
export * from './driver.js';
export * from './errors.js';
export { FilesystemDriver } from './filesystem/driver.js';
export type { FilesystemDriverOptions } from './filesystem/driver.js';
export { InMemoryDriver } from './inmemory.js';
export type { InMemoryDriverOptions } from './inmemory.js';
export { assertPath } from './path.js';
