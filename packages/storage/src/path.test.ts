import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageError } from './errors.js';
import { assertEntryPath, assertPath, folderOf, isBelow, isPathComponent } from './path.js';

/** The rule in another notation. */
const CANONICAL = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]{1,255})+$/;

const component = fc.stringMatching(/^[A-Za-z0-9._:+=@-]{1,20}$/).filter((name) => name !== '.' && name !== '..');
const path = fc.array(component, { minLength: 1, maxLength: 12 }).map((names) => `/${names.join('/')}`);
const almostPath = fc.string({
  unit: fc.constantFrom('/', '.', 'a', 'Z', '0', '@', ' ', '\0', 'é', '%'),
  maxLength: 12,
});

function accepts(text: string): boolean {
  try {
    assertPath(text);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toHaveProperty('code', 'INVALID_PATH');
    return false;
  }
}

describe('assertPath', () => {
  it('accepts canonical paths', () => {
    fc.assert(fc.property(path, (text) => accepts(text)));
  });

  it('decides as the regular expression does, and accepts the root', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          almostPath,
          almostPath.map((text) => `/${text}`),
        ),
        (text) => {
          expect(accepts(text)).toBe(text === '/' || CANONICAL.test(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(['', 'a', '//', '/a/', '/a//b', '/.', '/..', '/a/./b', '/a/../b', '/a b', '/a\0b', '/ä', '/a\\b'])(
    'refuses %j',
    (text) => {
      expect(accepts(text)).toBe(false);
    },
  );

  it('accepts components of 255 bytes and no longer', () => {
    expect(accepts(`/a/${'x'.repeat(255)}/b`)).toBe(true);
    expect(accepts(`/a/${'x'.repeat(256)}/b`)).toBe(false);
  });

  it('repeats what it refuses in a printable and bounded way', () => {
    expect(() => assertPath('/a\nb')).toThrow('"/a\\nb": component at 1 is not allowed');
    expect(() => assertPath(`/${'é'.repeat(100_000)}`)).toThrow(/^.{1,300}$/);
  });
});

describe('assertEntryPath', () => {
  it('refuses the root, and what assertPath refuses', () => {
    expect(() => assertEntryPath('/')).toThrow(StorageError);
    expect(() => assertEntryPath('/a/..')).toThrow(StorageError);
    expect(() => assertEntryPath('/a')).not.toThrow();
  });
});

describe('isPathComponent', () => {
  it('agrees with assertPath', () => {
    fc.assert(
      fc.property(almostPath, (name) => {
        expect(isPathComponent(name)).toBe(name !== '' && !name.includes('/') && accepts(`/${name}`));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('folderOf and isBelow', () => {
  it.each([
    ['/a/b/c', '/a/b'],
    ['/a', '/'],
    ['/', '/'],
  ])('%s is in %s', (text, folder) => {
    expect(folderOf(text)).toBe(folder);
  });

  it('every path lies below all folders above it, and not below itself', () => {
    fc.assert(
      fc.property(path, (text) => {
        expect(isBelow(text, text)).toBe(false);
        for (let above = folderOf(text); ; above = folderOf(above)) {
          expect(isBelow(text, above)).toBe(true);
          if (above === '/') return;
        }
      }),
    );
  });

  it('a name that begins alike is not below', () => {
    expect(isBelow('/a/bc', '/a/b')).toBe(false);
    expect(isBelow('/a', '/a/b')).toBe(false);
  });
});
