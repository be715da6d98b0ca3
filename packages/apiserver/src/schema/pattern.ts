import { RE2JS } from 're2js';

/**
 * A test for a pattern of a custom resource, in Go's syntax and in linear time.
 * Undefined when the pattern is none.
 */
export function compilePattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch {
    return undefined;
  }
}
