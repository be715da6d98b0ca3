export { LocalRuntime } from './local-runtime.js';
