/** A directive of Go's formats, up to its verb: flags, width and precision. */
const DIRECTIVE = /%[#0+\- ]*\d*(?:\.\d*)?([^])?/gu;

/**
 * A text as Go prints it when it is taken for a format to which no values are given. The reference prints a SiteConfig that
 * fails in this way (edge.md 3.7).
 */
export function printedAsFormat(text: string): string {
  return text.replace(DIRECTIVE, (_, verb?: string) => {
    if (verb === undefined) return '%!(NOVERB)';
    return verb === '%' ? '%' : `%!${verb}(MISSING)`;
  });
}
