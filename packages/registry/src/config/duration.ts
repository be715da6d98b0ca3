const MILLISECONDS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Reads a duration as Go writes it (`168h`, `1m30s`, `500ms`, `1.5h`, `0`) into milliseconds, rounded up to whole ones
 * so that a short wait does not become none. Undefined for anything else, including negative durations.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text === '' || text.length > 64) return undefined;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (!match) return undefined;
    total += Number(match[1]) * MILLISECONDS[match[2]!]!;
  }
  // Floating point makes 1.1s a hair more than 1100; the rounding must not turn that into another millisecond.
  return Math.ceil(Number(total.toFixed(6)));
}

/** Writes milliseconds as the shortest duration that `parseDuration` reads back: `168h`, `1m30s`, `0`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  let rest = milliseconds;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const count = Math.floor(rest / MILLISECONDS[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * MILLISECONDS[unit]!;
  }
  return text;
}
