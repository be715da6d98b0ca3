import type { Span } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { nodeAt, stringAt, type TreeNode } from '../diagnostics/tree.js';

/** What a document is, told by its content. */
export type DocumentKind =
  | 'siteconfig'
  | 'clusterinstance'
  | 'policygentemplate'
  | 'butane'
  | 'ignition'
  /** The text of an override annotation, as a JSON string. */
  | 'annotation'
  /** Any other object or value. */
  | 'other';

/** A document of a file. */
export interface LintDocument {
  source: SourceText;
  kind: DocumentKind;
  root: TreeNode;
  /** The text that was parsed: the file's, mended (EL002), or that of a scalar in it. */
  text: string;
  /** Offset in the file of an offset in that text. */
  original: (offset: number) => number;
}

/** A text for people: instructions or a script. */
export interface LintText {
  source: SourceText;
  kind: 'prose' | 'script';
}

/** Tells what a document is. Fragments as documentation prints them, without kind, count as what they are a part of. */
export function kindOf(root: TreeNode): DocumentKind {
  if (root.kind === 'scalar') return typeof root.value === 'string' ? 'annotation' : 'other';
  const kind = stringAt(root, 'kind');
  if (kind === 'SiteConfig') return 'siteconfig';
  if (kind === 'ClusterInstance') return 'clusterinstance';
  if (kind === 'PolicyGenTemplate') return 'policygentemplate';
  if (kind !== undefined) return 'other';
  if (nodeAt(root, 'variant') !== undefined) return 'butane';
  if (nodeAt(root, 'ignition', 'version') !== undefined) return 'ignition';
  if (nodeAt(root, 'spec', 'clusters')?.kind === 'list') return 'siteconfig';
  if (nodeAt(root, 'spec', 'clusterName') && nodeAt(root, 'spec', 'nodes')?.kind === 'list') return 'clusterinstance';
  if (nodeAt(root, 'sourceFiles') ?? nodeAt(root, 'spec', 'sourceFiles')) return 'policygentemplate';
  return 'other';
}

/** A span of the parsed text as a span of the file. */
export function originalSpan({ original }: LintDocument, { start, end }: Span): Span {
  return { start: original(start), end: original(end) };
}
