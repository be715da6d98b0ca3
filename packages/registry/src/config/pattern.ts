import type { Assertion, Pattern, Range } from './pattern-syntax.js';
import { parsePattern, PatternError } from './pattern-syntax.js';

/** Each character of a text costs at most one look at each step. */
const MAX_STEPS = 2000;

type Step =
  | { readonly op: 'char'; readonly ranges: readonly Range[] }
  | { readonly op: 'assert'; readonly what: Assertion }
  /** Goes on at all of `to`. */
  | { readonly op: 'jump'; readonly to: number[] }
  | { readonly op: 'match' };

/**
 * Compiles a regular expression in Go's syntax. The result says whether the expression matches anywhere in a text, in
 * time proportional to the lengths of both: a pattern such as `([^/]+\.)*` takes JavaScript's own engine time that
 * doubles with each dot of a URL, and the URL comes from whoever pushes. Throws PatternError.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const steps: Step[] = [];
  emit(parsePattern(source), steps);
  push(steps, { op: 'match' });
  return (text) =>
    search(
      steps,
      Array.from(text, (char) => char.codePointAt(0)!),
    );
}

/** Says in words what was expected when `source` is no regular expression that can be used. */
export function patternError(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return `a regular expression in Go's syntax (here: ${error.message})`;
    throw error;
  }
}

function emit(pattern: Pattern, steps: Step[]): void {
  switch (pattern.kind) {
    case 'empty':
      return;
    case 'char':
      return void push(steps, { op: 'char', ranges: pattern.ranges });
    case 'assert':
      return void push(steps, { op: 'assert', what: pattern.what });
    case 'sequence':
      return pattern.parts.forEach((part) => emit(part, steps));
    case 'choice':
      return emitChoice(pattern.parts, steps);
    case 'repeat':
      return emitRepeat(pattern, steps);
  }
}

function emitChoice(parts: readonly Pattern[], steps: Step[]): void {
  const begin = pushJump(steps);
  const ends = parts.map((part) => {
    begin.push(steps.length);
    emit(part, steps);
    return pushJump(steps);
  });
  for (const end of ends) end.push(steps.length);
}

function emitRepeat({ part, min, max }: Extract<Pattern, { kind: 'repeat' }>, steps: Step[]): void {
  for (let count = 0; count < min; count++) {
    const before = steps.length;
    emit(part, steps);
    // Nothing, many times over, is nothing: `((){1000}){1000}` would else take a million rounds.
    if (steps.length === before) break;
  }
  if (max === Infinity) {
    const loop = steps.length;
    const begin = pushJump(steps);
    begin.push(steps.length);
    emit(part, steps);
    pushJump(steps).push(loop);
    begin.push(steps.length);
    return;
  }
  const skips: number[][] = [];
  for (let count = min; count < max; count++) {
    const begin = pushJump(steps);
    begin.push(steps.length);
    skips.push(begin);
    emit(part, steps);
  }
  for (const skip of skips) skip.push(steps.length);
}

function pushJump(steps: Step[]): number[] {
  const to: number[] = [];
  push(steps, { op: 'jump', to });
  return to;
}

function push(steps: Step[], step: Step): void {
  if (steps.length >= MAX_STEPS) throw new PatternError('too many repetitions in repetitions');
  steps.push(step);
}

/** Follows all ways through the steps at once, a character at a time. */
function search(steps: readonly Step[], points: readonly number[]): boolean {
  // The position (plus one) at which a step was reached last, so that no step is reached twice at one position.
  const reached = new Uint32Array(steps.length);
  let waiting: number[] = [];
  for (let at = 0; at <= points.length; at++) {
    const starts = [...waiting, 0];
    waiting = [];
    while (starts.length > 0) {
      const index = starts.pop()!;
      if (reached[index] === at + 1) continue;
      reached[index] = at + 1;
      const step = steps[index]!;
      if (step.op === 'match') return true;
      if (step.op === 'jump') starts.push(...step.to);
      else if (step.op === 'assert') {
        if (holdsAt(step.what, points, at)) starts.push(index + 1);
      } else if (at < points.length && isIn(step.ranges, points[at]!)) waiting.push(index + 1);
    }
  }
  return false;
}

function holdsAt(what: Assertion, points: readonly number[], at: number): boolean {
  if (what === 'begin') return at === 0;
  if (what === 'end') return at === points.length;
  const border = isWord(points[at - 1]) !== isWord(points[at]);
  return what === 'word' ? border : !border;
}

function isWord(point: number | undefined): boolean {
  return point !== undefined && /^\w$/.test(String.fromCodePoint(point));
}

function isIn(ranges: readonly Range[], point: number): boolean {
  return ranges.some(([from, to]) => point >= from && point <= to);
}
