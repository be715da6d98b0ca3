/** When a probe counts (`v1.Probe`, with its defaults). */
export interface ProbeThresholds {
  failureThreshold?: number;
  successThreshold?: number;
}

/** What a probe has found so far. */
export interface ProbeState {
  /** What counts now; undefined until the first threshold is reached. */
  result: 'success' | 'failure' | undefined;
  /** How often the last outcome came in a row. */
  run: number;
  last: 'success' | 'failure' | undefined;
}

export const NO_PROBE_YET: ProbeState = { result: undefined, run: 0, last: undefined };

/** The state after one more outcome: it counts when it came as often in a row as its threshold says (`prober/worker.go`). */
export function afterProbe(
  { result, run, last }: ProbeState,
  outcome: 'success' | 'failure',
  { failureThreshold = 3, successThreshold = 1 }: ProbeThresholds,
): ProbeState {
  const inRow = last === outcome ? run + 1 : 1;
  const needed = outcome === 'success' ? successThreshold : failureThreshold;
  return { result: inRow >= needed ? outcome : result, run: inRow, last: outcome };
}
