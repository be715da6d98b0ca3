/** What a server wants to see before it answers: one challenge of `WWW-Authenticate` (RFC 9110 11.6.1). */
export interface Challenge {
  /** Lower-case: `bearer`, `basic`. */
  scheme: string;
  /** By lower-case name. */
  parameters: ReadonlyMap<string, string>;
}

const LONGEST_HEADER = 8192;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))/sy;
const SEPARATOR = /[\s,]+/y;
/** A token68 such as Negotiate's, which has no name. */
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y;

/** Reads all challenges. What cannot be understood ends the reading: what came before counts. */
export function parseChallenges(header: string | string[] | undefined): Challenge[] {
  const text = (Array.isArray(header) ? header.join(', ') : (header ?? '')).slice(0, LONGEST_HEADER);
  const challenges: Challenge[] = [];
  let at = skip(SEPARATOR, text, 0);
  while (at < text.length) {
    const scheme = match(TOKEN, text, at);
    if (scheme === null) break;
    at = skip(TOKEN68, text, at + scheme[0].length);
    const read = readParameters(text, at);
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: read.parameters });
    at = skip(SEPARATOR, text, read.end);
  }
  return challenges;
}

function readParameters(text: string, start: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>();
  let end = start;
  for (;;) {
    const found = match(PARAMETER, text, skip(SEPARATOR, text, end));
    if (found === null) return { parameters, end };
    const [whole, name = '', quoted, plain = ''] = found;
    parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1'));
    end = found.index + whole.length;
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (match(pattern, text, at)?.[0].length ?? 0);
}
