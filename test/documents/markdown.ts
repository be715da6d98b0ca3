/** The text without its fenced blocks. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, '');
}

/** The content of fenced blocks. */
export function codeBlocksOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```[^\n]*\n([^]*?)^```$/gm)].map(([, code = '']) => code);
}

/** Code inside lines of prose. */
export function inlineCodeOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** Targets of links other than web addresses. */
export function linksOf(markdown: string): string[] {
  const targets = [...proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of headings, as web pages of the code make them. */
export function anchorsOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/**
 * The calls of `longshore` in a block of commands and their output, each from the name of the program on and without what a
 * shell does with its output. Lines that end in a backslash go on in the next one.
 */
export function longshoreCommandsIn(code: string): string[] {
  const lines = code.replaceAll(/\s*\\\n\s*/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const call = /(?:^|[\s(/=])(longshore(?:\.js)? [a-z-].*)$/.exec(line)?.[1];
    return call === undefined ? [] : [call.split(/\s+(?:[|<>&;#]|&&)|\)(?:\s|$)|;$/)[0] ?? ''];
  });
}
