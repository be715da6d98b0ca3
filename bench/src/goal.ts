/** Which direction of a measured value is the good one. */
export type Better = 'higher' | 'lower';

/** What Longshore's value has to reach: a multiple of the peer's value, or a fixed value in the measure's own unit. */
export type Goal = { ratio: number } | { absolute: number };

/** Longshore's value divided by the peer's; undefined unless both were measured. */
export function ratioOf(subject: number | undefined, peer: number | undefined): number | undefined {
  return subject === undefined || peer === undefined || peer === 0 ? undefined : subject / peer;
}

/** Whether the goal is reached; undefined when there is no goal or a value that it needs is missing. */
export function isMet(
  goal: Goal | undefined,
  better: Better,
  subject: number | undefined,
  peer: number | undefined,
): boolean | undefined {
  if (goal === undefined) return undefined;
  const [reached, wanted] = 'ratio' in goal ? [ratioOf(subject, peer), goal.ratio] : [subject, goal.absolute];
  if (reached === undefined) return undefined;
  return better === 'higher' ? reached >= wanted : reached <= wanted;
}
