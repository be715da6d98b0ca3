import { compareDiagnostics, type Diagnostic, placeOf, type Severity, type Span } from '../diagnostics/diagnostic.js';
import { formatPath } from '../diagnostics/document-path.js';
import type { SourceText } from '../diagnostics/source-text.js';
import type { TreeNode } from '../diagnostics/tree.js';
import { type LintDocument, originalSpan } from './lint-document.js';
import { type RuleId, RULES } from './rule.js';

interface Details {
  fix?: string;
  /** Where it differs from the rule's own. */
  severity?: Severity;
}

/** More findings than anybody reads; the last one says that there are more. */
const MAX_FINDINGS = 100_000;

const REST = `there are more than ${MAX_FINDINGS} findings; the rest is left out`;

const SEVERITIES = new Map<string, Severity>(RULES.map(({ id, severity }) => [id, severity]));

/** Collects findings, each place and rule with the same words once. */
export class Reporter {
  private readonly found = new Map<string, Diagnostic>();
  private rest: Diagnostic | undefined;

  /** A finding about a node of a document. */
  node(rule: RuleId, document: LintDocument, node: TreeNode, message: string, details: Details = {}): void {
    const span = originalSpan(document, node.span);
    this.add(rule, document.source, span, formatPath(node.path), message, details);
  }

  /** A finding about a part of a document that is no node, such as a key. */
  part(rule: RuleId, document: LintDocument, span: Span, path: string, message: string, details: Details = {}): void {
    this.add(rule, document.source, originalSpan(document, span), path, message, details);
  }

  /** A finding about a place of a text. */
  text(rule: RuleId, source: SourceText, span: Span, message: string, details: Details = {}): void {
    this.add(rule, source, span, '', message, details);
  }

  /** A finding that another part has made. */
  take(diagnostic: Diagnostic): void {
    if (this.found.size >= MAX_FINDINGS) {
      this.rest ??= { ...diagnostic, rule: 'EL000', severity: 'error', path: '', message: REST };
      return;
    }
    const { rule, file, line, column, message } = diagnostic;
    this.found.set(`${rule} ${file}:${line}:${column} ${message}`, diagnostic);
  }

  /** All findings in their order. */
  all(): Diagnostic[] {
    const found = [...this.found.values()].sort(compareDiagnostics);
    return this.rest === undefined ? found : [...found, this.rest];
  }

  private add(rule: RuleId, source: SourceText, span: Span, path: string, message: string, details: Details): void {
    const severity = details.severity ?? SEVERITIES.get(rule) ?? 'error';
    const { fix } = details;
    this.take({
      rule,
      severity,
      ...placeOf(source, span),
      path,
      message,
      ...(fix === undefined ? {} : { fix }),
    });
  }
}
