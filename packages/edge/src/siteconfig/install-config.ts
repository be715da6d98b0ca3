/** Text of the annotation with the overrides of the install configuration, or why there is none. */
type OverrideText = { text: string; problem?: undefined } | { text?: undefined; problem: string };

const NETWORKING = 'networking';

/**
 * Sets `cpuPartitioningMode` in the overrides (edge.md 3.3). Keys come out sorted.
 */
export function withCpuPartitioning(overrides: string): OverrideText {
  const parsed = overrides === '' ? {} : parseJson(overrides);
  if (!isRecord(parsed)) return { problem: 'installConfigOverrides is not a JSON object' };
  return { text: stringifySorted({ ...parsed, cpuPartitioningMode: 'AllNodes' }) };
}

/**
 * The annotation `install-config-overrides`: the network type, and what the cluster overrides besides (edge.md 3.3). The
 * reference refuses `{}` and blanks before the brace; with `lenient` both are taken.
 */
export function installConfigAnnotation(networkType: string, overrides: string, lenient = false): OverrideText {
  const networking = `{"networking":{"networkType":"${networkType}"}}`;
  if (parseJson(networking) === undefined) return { problem: 'Invalid json conversion of network type' };
  if (overrides === '') return { text: networking };
  // Go reads null as a map without entries.
  const json = parseJson(overrides);
  const parsed = json === null ? {} : json;
  if (parsed === undefined) return { problem: 'Invalid json parameter set at installConfigOverride' };
  if (!isRecord(parsed)) return { problem: `Could not unmarshal installConfigOverrides data: ${overrides}\n` };
  if (Object.hasOwn(parsed, NETWORKING)) {
    const own = parsed[NETWORKING];
    if (!isRecord(own))
      return { problem: `Couldn't marshal annotation for AgentClusterInstall, Error: networking is no object\n` };
    return { text: stringifySorted({ ...parsed, [NETWORKING]: { ...own, networkType } }) };
  }
  const body = lenient ? overrides.trimStart() : overrides;
  if (lenient && Object.keys(parsed).length === 0) return { text: networking };
  const spliced = `${networking.slice(0, -1)},${body.startsWith('{') ? body.slice(1) : body}`;
  if (parseJson(spliced) === undefined) return { problem: "Couldn't marshal annotation for AgentClusterInstall" };
  return { text: spliced };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON with sorted keys, without spaces, with `<`, `>` and `&` escaped as Go does. */
function stringifySorted(value: unknown): string {
  const sorted = (item: unknown): string => {
    if (Array.isArray(item)) return `[${item.map(sorted).join(',')}]`;
    if (!isRecord(item)) return JSON.stringify(item);
    const keys = Object.keys(item).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(item[key])}`).join(',')}}`;
  };
  return sorted(value).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
