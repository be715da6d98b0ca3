/** Where the decision about colors is made from. */
export interface ColorSurroundings {
  NO_COLOR?: string | undefined;
  isTerminal: boolean;
}

const ALWAYS = ['always', 'yes'];

/** Whether to write colors: `auto` does on a terminal unless NO_COLOR is set; words that nobody knows mean no (edge.md 1.9). */
export function wantsColor(when: string, { NO_COLOR, isTerminal }: ColorSurroundings): boolean {
  if (when === 'auto') return isTerminal && NO_COLOR === undefined;
  return ALWAYS.includes(when);
}
