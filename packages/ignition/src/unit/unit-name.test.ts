import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath } from './unit-name.js';

/** The path that was escaped, without slashes that do not count. */
function unescaped(name: string): string {
  if (name === '-') return '/';
  const bytes = name
    .replaceAll('-', '/')
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return `/${Buffer.from(bytes, 'latin1').toString('utf8')}`;
}

describe('escapePath', () => {
  it.each([
    ['/', '-'],
    ['', '-'],
    ['//', '-'],
    ['/var/lib/my-app.d/v1.0', String.raw`var-lib-my\x2dapp.d-v1.0`],
    ['/.hidden', String.raw`\x2ehidden`],
    ['/var/.hidden', 'var-.hidden'],
    ['/var//x/', 'var-x'],
    ['/var/my data/캐시', String.raw`var-my\x20data-\xec\xba\x90\xec\x8b\x9c`],
    ['/a\u0001', String.raw`a\x01`],
  ])('%j becomes %s', (path, escaped) => {
    expect(escapePath(path)).toBe(escaped);
  });

  it('can be undone, up to slashes that do not count', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 })), (parts) => {
        const path = `/${parts.join('/')}`.replaceAll(/[\ud800-\udfff]/g, '?');
        const simple = `/${path
          .split('/')
          .filter((part) => part !== '')
          .join('/')}`;
        const escaped = escapePath(path);
        expect(escaped).toMatch(/^[A-Za-z0-9:_.\\-]+$/);
        expect(unescaped(escaped)).toBe(simple);
      }),
    );
  });
});
