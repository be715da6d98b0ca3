export { Router } from './router.js';
export { type RouterAddresses, type RouterOptions } from './router-options.js';
