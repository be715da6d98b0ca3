const PLAIN = /[A-Za-z0-9:_.]/;

/**
 * Escapes a path for a unit name, as `systemd-escape --path` does: `/var/my-app` becomes `var-my\x2dapp`, the root `-`.
 * Control characters have two digits; the reference writes one (edge.md 1.5).
 */
export function escapePath(path: string): string {
  const simple = path
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  return simple === '' ? '-' : [...Buffer.from(simple, 'utf8')].map(escapeByte).join('');
}

function escapeByte(byte: number, index: number): string {
  const character = String.fromCharCode(byte);
  if (character === '/') return '-';
  const plain = PLAIN.test(character) && !(index === 0 && character === '.');
  return plain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}
