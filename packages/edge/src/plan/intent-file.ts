import { type Diagnostic, placeOf } from '../diagnostics/diagnostic.js';
import { formatPath } from '../diagnostics/document-path.js';
import { SourceText } from '../diagnostics/source-text.js';
import { entriesAt, itemsAt, nodeAt, type ScalarNode, type TreeNode, valueOf } from '../diagnostics/tree.js';
import { parseYamlTrees } from '../diagnostics/yaml-tree.js';
import { type IntentInput, type PartitionIntent, PURPOSES } from './intent.js';
import { PlanError } from './plan-error.js';
import { parseSize } from './size.js';

/** An intent file that says something else than an intent, at one place of it. */
export class IntentFileError extends Error {
  override readonly name = 'IntentFileError';
  readonly code = 'INTENT_FILE';

  constructor(file: string, place: Pick<Diagnostic, 'line' | 'column'>, path: string, message: string) {
    super(`${file}:${place.line}:${place.column}: ${path === '' ? '' : `${path}: `}${message}`);
  }
}

const READERS: Record<string, (node: TreeNode, into: IntentInput) => void> = {
  site: (node, into) => (into.site = text(node)),
  cluster: (node, into) => (into.cluster = text(node)),
  node: (node, into) => (into.node = text(node)),
  disk: (node, into) => (into.disk = text(node)),
  diskSize: (node, into) => (into.diskSizeMiB = size(node)),
  rootMin: (node, into) => (into.rootMinMiB = size(node)),
  wave: (node, into) => (into.wave = number(node)),
  target: (node, into) => (into.target = oneOf(node, ['siteconfig', 'clusterinstance'] as const)),
  policyName: (node, into) => (into.policyName = text(node)),
  namespace: (node, into) => (into.namespace = text(node)),
  bindingRules: (node, into) => (into.bindingRules = labels(node)),
  partitions: (node, into) => (into.partitions = partitions(node)),
};
const PARTITION_KEYS = ['purpose', 'start', 'size', 'label'];

/** A value of another type than its key has. */
class WrongValue extends Error {
  override readonly name = 'WrongValue';

  constructor(
    readonly node: TreeNode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads an intent's YAML. What it leaves out stays open, so that flags of the command can complete it.
 * @throws IntentFileError with line and column
 */
export function parseIntentFile(file: string, yaml: string): IntentInput {
  const source = new SourceText(file, yaml);
  const [document] = parseYamlTrees(yaml);
  const [problem] = document?.problems ?? [];
  if (problem !== undefined) throw new IntentFileError(file, placeOf(source, problem.span), '', problem.message);
  const root = document?.root;
  try {
    if (root?.kind !== 'map') throw new PlanError('expected a map with cluster, disk and partitions');
    const input: IntentInput = {};
    for (const [key, { key: span, value }] of root.entries) {
      const read = READERS[key];
      if (read === undefined) {
        const known = Object.keys(READERS).join(', ');
        throw new IntentFileError(file, placeOf(source, span), key, `is no key of an intent; known are ${known}`);
      }
      read(value, input);
    }
    return input;
  } catch (error) {
    if (error instanceof WrongValue) {
      throw new IntentFileError(file, placeOf(source, error.node.span), formatPath(error.node.path), error.message);
    }
    if (!(error instanceof PlanError)) throw error;
    throw new IntentFileError(file, { line: 1, column: 1 }, error.path, error.message);
  }
}

function partitions(node: TreeNode): PartitionIntent[] {
  if (node.kind !== 'list') throw new WrongValue(node, 'expected a list of partitions');
  return itemsAt(node).map((item) => {
    const unknown = entriesAt(item).find(([key]) => !PARTITION_KEYS.includes(key));
    if (unknown !== undefined) {
      throw new WrongValue(unknown[1].value, `is no key of a partition; known are ${PARTITION_KEYS.join(', ')}`);
    }
    const [purpose, wanted, start, label] = ['purpose', 'size', 'start', 'label'].map((key) => nodeAt(item, key));
    if (purpose === undefined) throw new WrongValue(item, `purpose is missing; expected one of ${PURPOSES.join(', ')}`);
    if (wanted === undefined) throw new WrongValue(item, 'size is missing; expected a size such as 250GiB, or rest');
    return {
      purpose: oneOf(purpose, PURPOSES),
      size: isRest(wanted) ? 'rest' : size(wanted),
      ...(start === undefined ? {} : { startMiB: size(start) }),
      ...(label === undefined ? {} : { label: text(label) }),
    };
  });
}

function isRest(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.value === 'rest';
}

function text(node: TreeNode): string {
  if (isScalarOf(node, 'string')) return node.value as string;
  throw new WrongValue(node, `expected text, found ${describe(node)}`);
}

function number(node: TreeNode): number {
  if (isScalarOf(node, 'number')) return node.value as number;
  throw new WrongValue(node, `expected a number, found ${describe(node)}`);
}

function size(node: TreeNode): number {
  const said = isScalarOf(node, 'number') || isScalarOf(node, 'string') ? String(node.value) : undefined;
  if (said === undefined) throw new WrongValue(node, `expected a size such as 250GiB, found ${describe(node)}`);
  try {
    return parseSize(said);
  } catch (error) {
    throw new WrongValue(node, (error as PlanError).message);
  }
}

function oneOf<T extends string>(node: TreeNode, choices: readonly T[]): T {
  const found = choices.find((choice) => node.kind === 'scalar' && node.value === choice);
  if (found === undefined) throw new WrongValue(node, `expected one of ${choices.join(', ')}, found ${describe(node)}`);
  return found;
}

function labels(node: TreeNode): Record<string, string> {
  if (node.kind !== 'map') throw new WrongValue(node, `expected a map of labels, found ${describe(node)}`);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, text(value)]));
}

function isScalarOf(node: TreeNode, type: 'string' | 'number'): node is ScalarNode {
  return node.kind === 'scalar' && typeof node.value === type;
}

function describe(node: TreeNode): string {
  return node.kind === 'scalar' ? JSON.stringify(valueOf(node)) : `a ${node.kind}`;
}
