import { formatPath } from '../diagnostics/document-path.js';
import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import { stringNodeAt, type ScalarNode, type TreeNode } from '../diagnostics/tree.js';
import type { Path } from '../yaml/decode.js';
import type { Findings } from './findings.js';

/**
 * The JSON in a string field, with the places of the file; undefined when the field is not there, or after telling what is
 * wrong with it.
 */
export function embeddedJson<Id extends string>(
  findings: Findings<Id>,
  rule: Id,
  path: Path,
  expected: 'map' | 'list',
): TreeNode | undefined {
  const scalar = stringNodeAt(findings.root, ...path);
  if (scalar === undefined || scalar.value === '') return undefined;
  const name = expected === 'map' ? 'a JSON object' : 'a JSON list';
  try {
    const root = parseJsonTree(scalar.value, scalar.offsetOf, { parent: scalar.path, step: { embedded: true } });
    if (root.kind === expected) return root;
    findings.span(rule, root.span, formatPath(scalar.path), `expected ${name}`);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    reportSyntax(findings, rule, scalar, error, name);
  }
  return undefined;
}

function reportSyntax<Id extends string>(
  findings: Findings<Id>,
  rule: Id,
  scalar: ScalarNode & { value: string },
  error: JsonSyntaxError,
  name: string,
): void {
  const path = formatPath(scalar.path);
  const bar = /^([|>])[-+\d]*\s/.exec(scalar.value)?.[1];
  const start = scalar.offsetOf(bar === undefined ? error.index : 0);
  const span = { start, end: start + 1 };
  if (bar === undefined) {
    findings.span(rule, span, path, `expected ${name}: ${error.message}`);
    return;
  }
  const fix = `write either ${bar} and an indented block below it, or the quotes, not both`;
  findings.span(rule, span, path, `the ${bar} inside the quotes belongs to the text, which so is no JSON`, fix);
}
