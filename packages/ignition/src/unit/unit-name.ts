const PLAIN = /[A-Za-z0-9:_.]/;

/**
 * Escapes a path for a unit name, as `systemd-escape --path` does: `/var/my-app` becomes `var-my\x2dapp`, the root `-`.
 * Control characters have two digits; the reference writes one (edge.md 1.5).
 */
export function escapePath(path: string): string {
  const trimmed = path.split('/').filter((part) => part !== '');
  if (trimmed.length === 0) return '-';
  return escapeUnitName(trimmed.join('/'));
}

/** Escapes a text for a unit name, as `systemd-escape` does; `/` becomes `-`. */
export function escapeUnitName(text: string): string {
  let escaped = '';
  let first = true;
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    if (character === '/') escaped += '-';
    else if (byte < 0x80 && PLAIN.test(character) && !(first && character === '.')) escaped += character;
    else escaped += `\\x${byte.toString(16).padStart(2, '0')}`;
    first = false;
  }
  return escaped;
}

/** The path that {@link escapePath} was given, simplified: one slash between parts, none at the end. */
export function unescapePath(name: string): string {
  return name === '-' ? '/' : `/${unescapeUnitName(name)}`;
}

/** The text that {@link escapeUnitName} was given. */
export function unescapeUnitName(name: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < name.length; at++) {
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(name.slice(at, at + 4))?.[1];
    if (hex) {
      bytes.push(Number.parseInt(hex, 16));
      at += 3;
    } else bytes.push(...Buffer.from(name[at] === '-' ? '/' : (name[at] ?? '')));
  }
  return Buffer.from(bytes).toString('utf8');
}
