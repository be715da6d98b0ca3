export { runTriggerController, type TriggerControllerOptions } from './trigger-controller.js';
export { type StreamAccess } from './stream-access.js';
