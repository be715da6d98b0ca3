const LONGEST_HOST = 253;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const PORT = /^[0-9]{1,5}$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const IPV6_GROUPS = 8;
const HUB = 'docker.io';
const HUB_V2 = 'registry-1.docker.io';
const HUB_ALIASES: ReadonlySet<string> = new Set([HUB, 'index.docker.io', HUB_V2]);

/** True when the first component of a pull spec stands for a registry, well-formed or not (reference registry 3.12). */
export function looksLikeHost(component: string): boolean {
  return component.includes('.') || component.includes(':') || component === 'localhost';
}

/** True for `host`, `host:port`, `1.2.3.4:port`, `[::1]` and `[::1]:port`. */
export function isRegistryHost(text: string): boolean {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', bracket + 1);
  const host = colon < 0 ? text : text.slice(0, colon);
  if (colon >= 0 && !isPort(text.slice(colon + 1))) return false;
  return text.startsWith('[') ? host.endsWith(']') && isIpv6(host.slice(1, -1)) : isHostName(host);
}

/** The form in which hosts are compared: lower-case, and `docker.io` for that hub's other names (reference registry 3.12). */
export function normalizeHost(host: string): string {
  const lower = host.toLowerCase();
  return HUB_ALIASES.has(lower) ? HUB : lower;
}

/**
 * The host and port to connect to (reference registry 3.12, the network form): the v2 host of docker.io for that hub; where
 * no port is written 443, or 80 for `insecure`.
 */
export function networkHost(host: string, options: { insecure?: boolean } = {}): string {
  const normal = normalizeHost(host);
  const reached = normal === HUB ? HUB_V2 : normal;
  if (/:[0-9]+$/.test(reached.replace(/^\[.*\]/s, ''))) return reached;
  return `${reached}:${options.insecure === true ? 80 : 443}`;
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= 65535;
}

function isHostName(text: string): boolean {
  return text.length <= LONGEST_HOST && text.split('.').every((label) => LABEL.test(label));
}

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => GROUP.test(group))) return false;
  return halves.length === 1 ? groups.length === IPV6_GROUPS : halves.length === 2 && groups.length < IPV6_GROUPS;
}
