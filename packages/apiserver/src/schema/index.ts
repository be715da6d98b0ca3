export * as s from './builder.js';
export { Field, type Fields } from './builder.js';
export { applyDefaults } from './defaults.js';
export {
  duplicateValue,
  forbiddenField,
  invalidValue,
  requiredValue,
  tooLong,
  unsupportedValue,
  valueNotFound,
} from './field-error.js';
export { validateNative } from './native.js';
export { objectMetaField } from './object-meta.js';
export { pruneUnknown } from './prune.js';
