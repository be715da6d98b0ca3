const LONGEST_HOST = 253;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const PORT = /^[0-9]{1,5}$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const IPV6_GROUPS = 8;

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
