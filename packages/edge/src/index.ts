export type { Diagnostic } from './diagnostics/diagnostic.js';
export { printDiagnostic } from './diagnostics/print-diagnostic.js';
export { toSarif } from './diagnostics/sarif.js';
export { decodeTextFile, MAX_FILE_BYTES, TextFileError, tooLarge } from './diagnostics/text-file.js';
export { lint, type LintResult, unreadableFile } from './lint/lint.js';
export type { LintOptions } from './lint/lint-set.js';
export type { LintFile } from './lint/read-file.js';
export { ALL_RULES } from './lint/rule.js';
export { checkoutChanges, type CheckoutFile } from './plan/checkout.js';
export { completeIntent, type IntentInput, type PartitionIntent, type Purpose } from './plan/intent.js';
export { IntentFileError, parseIntentFile } from './plan/intent-file.js';
export { PlanError } from './plan/plan-error.js';
export { planSite, type SitePlan } from './plan/site-plan.js';
export { parseSize } from './plan/size.js';
export {
  folderSink,
  printSink,
  type GeneratorInput,
  type GeneratorOutput,
  type InputReport,
  type ObjectSink,
} from './generators/generator-output.js';
export { KrmFunction, ResourceListError } from './generators/krm-function.js';
export {
  runPolicyGenerator,
  type GeneratorResult,
  type PolicyGeneratorOptions,
} from './generators/policy-generator.js';
export { runSiteconfigGenerator, type SiteconfigGeneratorOptions } from './generators/siteconfig-generator.js';
export { runSiteconfigConverter, type SiteconfigConverterOptions } from './generators/siteconfig-converter.js';
