/** How an option is written, by the name under which a command gets its value: `toDir` -> `--to-dir`. */
export function optionName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
