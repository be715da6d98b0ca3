export { LocalRuntime } from './local-runtime.js';
export { type RouterAddresses, type RouterOptions } from './routes/index.js';
