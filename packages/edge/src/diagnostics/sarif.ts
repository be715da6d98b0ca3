import type { Diagnostic, Severity } from './diagnostic.js';

/** What SARIF says of a rule, whether it has found something or not. */
export interface RuleDescription {
  id: string;
  severity: Severity;
  title: string;
  help: string;
}

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/** Findings as a SARIF 2.1.0 log, for code hosts that show them beside the lines. `version` is that of the program. */
export function toSarif(
  diagnostics: readonly Diagnostic[],
  rules: readonly RuleDescription[],
  version: string,
): object {
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'longshore edge lint',
            version,
            rules: rules.map(({ id, severity, title, help }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: help },
              defaultConfiguration: { level: LEVELS[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, indexes.get(diagnostic.rule) ?? -1)),
      },
    ],
  };
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number): object {
  const { rule, severity, file, line, column, endLine, endColumn, path, message, fix } = diagnostic;
  return {
    ruleId: rule,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: fix === undefined ? message : `${message}\n${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
        ...(path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  };
}
