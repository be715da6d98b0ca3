export { imagePolicy, type ImagePolicyOptions } from './image-policy.js';
