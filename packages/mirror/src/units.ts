const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes with four digits as plans show them (mirror.md 2.5): `625B`, `49.44KiB`, `40.01MiB`. */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY);
}

/** A rate as the end of a run shows it: `376.5kB/s`. */
export function byteRate(bytes: number, seconds: number): string {
  return `${scaled(bytes / Math.max(seconds, 0.001), 1000, DECIMAL)}/s`;
}

/** A length of time: `10ms`, `1.05s`, `2m3s`, `1h0m5s`. */
export function shortDuration(milliseconds: number): string {
  const rounded = Math.round(milliseconds);
  if (rounded < 1000) return `${rounded}ms`;
  const hundredths = Math.round(rounded / 10);
  if (hundredths < 6000) return `${hundredths / 100}s`;
  const seconds = Math.round(rounded / 1000);
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}h` : ''}${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let [rest, unit] = [value, 0];
  // 1023.96 would be written as 1024.
  while (Number(rest.toPrecision(4)) >= base && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  return `${Number(rest.toPrecision(4))}${units[unit]}`;
}
