export { looksDecimal } from './butane/decimal-mode.js';
export { transpile, type TranspileOptions, type TranspileResult } from './butane/transpile.js';
export type { LocalFiles, LocalNode } from './butane/local-files.js';
export { butaneSchema, type JsonSchema } from './schema/json-schema.js';
export { allDialects, findDialect, type Dialect, type Variant } from './schema/variants.js';
export type { Code } from './source/catalogue.js';
export {
  formatDiagnostic,
  formatPath,
  type Diagnostic,
  type Path,
  type Position,
  type Stage,
} from './source/diagnostic.js';
export { formatExcerpts, type ExcerptOptions } from './source/excerpt.js';
export { InputError, MAX_INPUT_BYTES } from './source/input-text.js';
export { LineIndex } from './source/line-index.js';
export {
  nodeAt,
  type AliasNode,
  type ListNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type SourceNode,
} from './source/source-node.js';
export { readYaml, type YamlSource } from './source/yaml-reader.js';
export { resolveScalar } from './source/yaml-scalar.js';
export { DataUrlError, decodeDataUrl } from './spec/data-url.js';
export type * from './spec/ignition-config.js';
export { mergeConfigs, mergeIgnition, type MergeOptions, type MergeResult } from './spec/merge-ignition.js';
export { parseIgnition, validateIgnition, type ParsedIgnition } from './spec/validate.js';
export { escapePath } from './unit/unit-name.js';
