/** A pattern for the `case` of bash and zsh that matches one of the texts, and nothing when there is none. */
export function casePattern(texts: readonly string[]): string {
  return texts.length === 0 ? "''" : texts.map((text) => `'${text}'`).join(' | ');
}
