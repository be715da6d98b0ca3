export { runTriggerController } from './trigger-controller.js';
