const LITERAL = 0;
const STAR = 1;
const GLOBSTAR = 2;

interface Step {
  kind: typeof LITERAL | typeof STAR | typeof GLOBSTAR;
  char: string;
}

function parseSteps(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char !== '*') {
      steps.push({ kind: LITERAL, char });
      continue;
    }
    let end = at + 1;
    while (pattern.charAt(end) === '*') end++;
    steps.push({ kind: end - at > 1 ? GLOBSTAR : STAR, char: '' });
    at = end - 1;
  }
  return steps;
}

/** Marks the steps that can be reached without reading a character: a wildcard may stand for nothing. */
function passWildcards(reached: Uint8Array, steps: readonly Step[]): void {
  steps.forEach((step, at) => {
    if (reached[at] && step.kind !== LITERAL) reached[at + 1] = 1;
  });
}

function advance(reached: Uint8Array, steps: readonly Step[], char: string): Uint8Array {
  const next = new Uint8Array(steps.length + 1);
  steps.forEach((step, at) => {
    if (!reached[at]) return;
    if (step.kind === LITERAL) {
      if (step.char === char) next[at + 1] = 1;
    } else if (step.kind === GLOBSTAR || char !== '/') {
      next[at] = 1;
    }
  });
  passWildcards(next, steps);
  return next;
}

/** Whether one of the patterns of {@link compileGlob} matches. */
export function compileGlobs(patterns: readonly string[]): (name: string) => boolean {
  const globs = patterns.map(compileGlob);
  return (name) => globs.some((matches) => matches(name));
}

/**
 * Compiles a pattern of repository names: `*` stands for any run of characters without `/` (also none), `**` for any
 * run at all, everything else for itself. The whole name must match, so `team/**` covers `team/a` and `team/a/b`, but
 * not `team`. Matching takes at most pattern length times name length steps, whatever the pattern.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const steps = parseSteps(pattern);
  return (name) => {
    let reached: Uint8Array = new Uint8Array(steps.length + 1);
    reached[0] = 1;
    passWildcards(reached, steps);
    for (let at = 0; at < name.length; at++) reached = advance(reached, steps, name.charAt(at));
    return reached[steps.length] === 1;
  };
}
