/** A line for people, which does not get between what programs read. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
