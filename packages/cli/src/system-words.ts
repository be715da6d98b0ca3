/** Why a file cannot be had, in the order of the reference: `open a.bu: no such file or directory` (edge.md 1.9). */
export function systemWords(error: unknown, path: string): string {
  const { message } = error as Error;
  const [, words, call] = /^[A-Z0-9]+: ([^,]*), (\w+)/.exec(message) ?? [];
  return words === undefined || call === undefined ? message : `${call} ${path}: ${words}`;
}
