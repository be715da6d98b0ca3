import { CST, isMap, isScalar, isSeq, Lexer, parseDocument } from 'yaml';
import { formatPath, type Path } from '../schema/path.js';

/** A megabyte of a CustomResourceDefinition has so many. The library takes half a second for them. */
const MAX_LEXEMES = 200_000;
/** Each is looked for among all others. */
const MAX_ALIASES = 100;
/** More duplicates than these are not told. */
const MAX_TOLD = 100;

/**
 * A YAML document as a value, and the paths of keys that stand twice in a map; the last value counts. Errors: what is wrong
 * with the text, also when it is longer than the library could read while others wait.
 */
export function readYaml(text: string): { value: unknown; duplicates: string[] } {
  checkLength(text);
  // Told to look for duplicates itself, the library compares each key with all others of its map.
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  const duplicates: string[] = [];
  findDuplicates(document.contents, [], duplicates);
  return { value, duplicates };
}

function checkLength(text: string): void {
  let lexemes = 0;
  let aliases = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (CST.tokenType(lexeme) === 'alias') aliases++;
    if (++lexemes > MAX_LEXEMES) throw new RangeError(`more than ${MAX_LEXEMES} lexemes: send JSON`);
    if (aliases > MAX_ALIASES) throw new RangeError(`more than ${MAX_ALIASES} aliases`);
  }
}

function findDuplicates(node: unknown, path: Path, duplicates: string[]): void {
  if (isSeq(node)) {
    for (const [at, item] of node.items.entries()) findDuplicates(item, [...path, at], duplicates);
  } else if (isMap(node)) {
    const keys = new Set<string>();
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      const inner = [...path, name];
      if (keys.has(name) && duplicates.length < MAX_TOLD) duplicates.push(formatPath(inner));
      keys.add(name);
      findDuplicates(value, inner, duplicates);
    }
  }
}
