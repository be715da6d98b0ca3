import { formatPath, type Path } from '../schema/path.js';

/** Deeper bodies are refused before anything walks them by recursion. */
export const MAX_BODY_DEPTH = 256;
/** More duplicates than these are not told. */
const MAX_TOLD = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;

export interface JsonText {
  /** Paths of keys that stand twice in an object; the last value counts. */
  duplicates: string[];
  isTooDeep: boolean;
}

interface Level {
  /** Undefined for lists. */
  keys: Set<string> | undefined;
}

/**
 * What `JSON.parse` does not tell about a text that it has read: keys that stand twice and how deep it is. One pass, as it
 * runs over every body.
 */
export function inspectJson(text: string): JsonText {
  const levels: Level[] = [];
  const path: Path = [];
  const duplicates: string[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (expectsKey) {
          const key = textOf(text, at, end);
          const keys = levels.at(-1)?.keys;
          path[path.length - 1] = key;
          if (keys?.has(key) && duplicates.length < MAX_TOLD) duplicates.push(formatPath(path));
          keys?.add(key);
          expectsKey = false;
        }
        at = end;
        break;
      }
      case OPEN_OBJECT:
        levels.push({ keys: new Set() });
        path.push('');
        expectsKey = true;
        break;
      case OPEN_LIST:
        levels.push({ keys: undefined });
        path.push(0);
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        levels.pop();
        path.pop();
        expectsKey = false;
        break;
      case COMMA: {
        const isObject = levels.at(-1)?.keys !== undefined;
        expectsKey = isObject;
        const index = path.at(-1);
        if (!isObject && typeof index === 'number') path[path.length - 1] = index + 1;
        break;
      }
      case COLON:
        expectsKey = false;
        break;
    }
    if (levels.length > MAX_BODY_DEPTH) return { duplicates, isTooDeep: true };
  }
  return { duplicates, isTooDeep: false };
}

/** Where the quote is that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

function textOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end + 1)) as string) : raw;
}
