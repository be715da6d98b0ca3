const HTML: Record<string, string> = {
  '<': String.raw`\u003c`,
  '>': String.raw`\u003e`,
  '&': String.raw`\u0026`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
  '\b': String.raw`\u0008`,
  '\f': String.raw`\u000c`,
};

/** JSON as the reference writes it: no spaces, or two for each level, and no character that HTML could take for a tag. */
export function encodeJson(value: unknown, pretty: boolean): string {
  return JSON.stringify(value, undefined, pretty ? 2 : undefined)
    .replaceAll(/[<>&\u2028\u2029]/g, (character) => HTML[character] ?? '')
    .replaceAll(/\\(\\|b|f|.)/g, (escape, letter: string) => {
      if (letter === 'b') return HTML['\b'] ?? '';
      return letter === 'f' ? (HTML['\f'] ?? '') : escape;
    });
}
