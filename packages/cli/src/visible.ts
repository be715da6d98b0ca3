/** A stranger's text on one line, without what would move the cursor or colour a terminal: `\u001b` stands for such characters. */
export function visible(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
