export { opensslCiphers } from './cipher-suites.js';
export type { Place, Problem } from './config-error.js';
export { ConfigError } from './config-error.js';
export { compilePattern } from './pattern.js';
export { PatternError } from './pattern-syntax.js';
export type { Environment } from './environment.js';
export type { ConfigSource } from './load.js';
export { defaultConfig, loadConfig } from './load.js';
export type * from './registry-config.js';
