/** Bounds the work for patterns from outside: a host name has at most 253 characters, and labels at most 63. */
const LONGEST = 300;

/**
 * Compares a host name with a pattern in which `*` and `?` stand for characters of one label, as file names are matched.
 * Both must have the same number of labels.
 */
export function matchesHostGlob(pattern: string, host: string): boolean {
  if (pattern.length > LONGEST || host.length > LONGEST) return false;
  const [globs, labels] = [pattern.split('.'), host.split('.')];
  return globs.length === labels.length && globs.every((glob, index) => matchesGlob(glob, labels[index] ?? ''));
}

/**
 * Compares a text with a pattern in which `*` stands for any characters and `?` for one. Greedy with one step back to the last
 * star, so the work is at most the product of the lengths.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let [at, position] = [0, 0];
  let star: { at: number; position: number } | undefined;
  while (position < text.length) {
    if (glob[at] === '*') {
      star = { at, position };
      at += 1;
    } else if (glob[at] === '?' || glob[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star !== undefined) {
      star.position += 1;
      at = star.at + 1;
      position = star.position;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(at));
}
