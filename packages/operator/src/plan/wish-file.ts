import { isJsonObject, type KubeObject } from '@longshore/kube';
import { isNode, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { formatPath, inspect, type Problem } from '../config/inspect.js';
import { configSchema } from '../crds/config-schema.js';
import { prunerSchema } from '../crds/pruner-schema.js';
import { GROUP } from '../names.js';
import type { Wish } from './plan.js';

/** A file that is no wish: one line for each problem, with its place. */
export class WishFileError extends Error {
  override readonly name = 'WishFileError';
  readonly code = 'CONFIG_INVALID';
}

const SCHEMAS = { Config: configSchema, ImagePruner: prunerSchema } as const;
const MAX_BYTES = 1024 * 1024;
const ALIASES = { maxAliasCount: 100 };

/**
 * Reads a Config, an ImagePruner or both. Their specifications may be parts, as for `kubectl patch`; what they say must be known and
 * right. Errors: WishFileError with `file:line:column: path: what is wrong`.
 */
export function parseWishFile(text: string, file: string): Wish {
  if (text.length > MAX_BYTES) throw new WishFileError(`${file}:1:1: the file has more than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  const wish: Wish = {};
  for (const document of documents as Document.Parsed[]) {
    const [broken] = document.errors;
    if (broken !== undefined)
      throw new WishFileError(at(file, lines, broken.pos[0], broken.message.split('\n')[0] ?? ''));
    const object: unknown = document.toJS(ALIASES);
    if (object === null) continue;
    const kind = kindOf(object);
    if (kind === undefined) {
      const start = document.contents?.range?.[0] ?? 0;
      throw new WishFileError(at(file, lines, start, `expected a Config or an ImagePruner of ${GROUP}/v1`));
    }
    const problems = inspect(object, SCHEMAS[kind]).filter((problem) => !isPart(problem));
    if (problems.length > 0)
      throw new WishFileError(problems.map((one) => tell(file, lines, document, one)).join('\n'));
    wish[kind === 'Config' ? 'config' : 'pruner'] = object as KubeObject;
  }
  return wish;
}

function kindOf(object: unknown): keyof typeof SCHEMAS | undefined {
  if (!isJsonObject(object) || object['apiVersion'] !== `${GROUP}/v1`) return undefined;
  const { kind } = object;
  return kind === 'Config' || kind === 'ImagePruner' ? kind : undefined;
}

/** Only a part is written: the rest is in the cluster. */
const isPart = ({ path, message }: Problem) => message === 'is required' && path.length <= 2;

function tell(file: string, lines: LineCounter, document: Document.Parsed, { path, message }: Problem): string {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return at(file, lines, node.range[0], `${formatPath(path)}: ${message}`);
  }
  return at(file, lines, 0, `${formatPath(path)}: ${message}`);
}

function at(file: string, lines: LineCounter, offset: number, message: string): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}: ${message}`;
}
