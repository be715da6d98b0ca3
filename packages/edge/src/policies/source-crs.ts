import { anything, Decoder, unmarshalErrors } from '../yaml/decode.js';
import { documentTexts, readFirstDocument, YamlSource, type YamlNode } from '../yaml/document.js';
import { emitYaml } from '../yaml/emit.js';
import type { Value } from '../yaml/value.js';

/** A source file that cannot be parsed. */
export class SourceFileError extends Error {
  override readonly name = 'SourceFileError';
  readonly code = 'SOURCE_FILE';
}

/** Gives the text of a source file by the name that templates use. Throws when there is none. */
type ReadSourceFile = (fileName: string) => string;

/**
 * The source files that templates refer to. Each is read and parsed once, for any number of templates; what is returned must
 * not be changed.
 */
export class SourceCrs {
  readonly #read: ReadSourceFile;
  readonly #parsed = new Map<string, readonly Value[] | Error>();
  readonly #withPool = new Map<string, readonly Value[]>();

  constructor(read: ReadSourceFile) {
    this.#read = read;
  }

  /**
   * The documents of a source file without the empty ones; each literal `$mcp` is replaced by `mcp` unless that is empty
   * (edge.md 4.2). Throws what reading throws, or SourceFileError with the words of the library.
   */
  documents(fileName: string, mcp: string): readonly Value[] {
    const documents = this.#documents(fileName);
    if (mcp === '') return documents;
    const key = `${mcp}\0${fileName}`;
    let replaced = this.#withPool.get(key);
    if (replaced === undefined) {
      replaced = documents.flatMap((document) => parse(emitYaml(document).replaceAll('$mcp', () => mcp)));
      this.#withPool.set(key, replaced);
    }
    return replaced;
  }

  #documents(fileName: string): readonly Value[] {
    let parsed = this.#parsed.get(fileName);
    if (parsed === undefined) {
      try {
        parsed = parse(this.#read(fileName));
      } catch (error) {
        parsed = error instanceof Error ? error : new Error(String(error));
      }
      this.#parsed.set(fileName, parsed);
    }
    if (parsed instanceof Error) throw parsed;
    return parsed;
  }
}

function parse(text: string): Value[] {
  const documents: Value[] = [];
  for (const part of documentTexts(text)) {
    const source = new YamlSource(part);
    const node = readDocument(source);
    if (node === undefined) continue;
    const decoder = new Decoder();
    const value = decoder.read(anything, node) ?? null;
    const problem = unmarshalErrors(decoder.issues, source);
    if (problem !== undefined) throw new SourceFileError(problem);
    if (value !== null) documents.push(value);
  }
  return documents;
}

function readDocument(source: YamlSource): YamlNode | undefined {
  try {
    return readFirstDocument(source);
  } catch (error) {
    throw new SourceFileError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
