import { compare } from 'bcryptjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bcryptCost,
  hashPassword,
  HtpasswdError,
  listUsers,
  parseHtpasswd,
  removeUser,
  setUser,
} from './htpasswd-text.js';

const end = '.'.repeat(53);
const a = `$2y$05$${end}`;
const b = `$2b$10$${end}`;

describe('bcryptCost', () => {
  it.each([
    [`$2y$05$${end}`, 5],
    [`$2a$12$${end}`, 12],
    [`$2b$17$${end}`, 17],
    [`$2b$18$${end}`, undefined],
    [`$2b$03$${end}`, undefined],
    [`$2x$10$${end}`, undefined],
    [`$2$10$${end}`, undefined],
    [`$2b$10$${end}.`, undefined],
    [`$2b$10$${end.slice(1)}`, undefined],
    [`$2b$10$${end.slice(1)}=`, undefined],
    ['', undefined],
  ])('%s: %s', (hash, cost) => {
    expect(bcryptCost(hash)).toBe(cost);
  });
});

describe('parseHtpasswd', () => {
  it('reads users, skips comments and blank lines, takes the last line of a user', () => {
    const text = `\uFEFF# users\r\n\r\nalice:${b}\r\n  bob:${a}  \nalice:${a}\n#carol:${a}\n`;
    expect(parseHtpasswd(text)).toEqual(
      new Map([
        ['alice', a],
        ['bob', a],
      ]),
    );
  });

  it.each([
    ['alice:$apr1$x$y', 1, /"alice" has no bcrypt hash.*htpasswd -B.*longshore registry user add/],
    [`a:${a}\nbob:{SHA}xyz=`, 2, /"bob"/],
    [`a:${a}\n\nbob:plain`, 3, /"bob"/],
    ['bob:', 1, /"bob"/],
    ['bob:$2y$05$short', 1, /malformed bcrypt/],
    [`bob:$2y$20$${end}`, 1, /above 17/],
    [`bob:${a}:x`, 1, /malformed/],
    ['bob', 1, /expected user:hash/],
    [`:${a}`, 1, /name is empty/],
  ])('refuses %j with its line', (text, line, message) => {
    const error = (() => {
      try {
        parseHtpasswd(text);
      } catch (error) {
        return error;
      }
    })();
    expect(error).toBeInstanceOf(HtpasswdError);
    expect(error).toMatchObject({ code: 'HTPASSWD_INVALID', line, message: expect.stringMatching(message) as string });
    expect((error as Error).message).not.toMatch(/xyz|plain|short|apr1/);
  });

  it('throws nothing but HtpasswdError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ':', '\n', '#', ' ', '$', '\r') }), (text) => {
        try {
          parseHtpasswd(text);
        } catch (error) {
          expect(error).toBeInstanceOf(HtpasswdError);
        }
      }),
    );
  });
});

describe('setUser', () => {
  it.each([
    ['', 'bob', `bob:${a}\n`],
    [`alice:${b}`, 'bob', `alice:${b}\nbob:${a}\n`],
    [`# c\nbob:${b}\nalice:${b}\n`, 'bob', `# c\nbob:${a}\nalice:${b}\n`],
    [`bob:${b}\nalice:md5\nbob:x\n`, 'bob', `bob:${a}\nalice:md5\n`],
  ])('%j and %s', (text, user, expected) => {
    expect(setUser(text, user, a)).toBe(expected);
  });

  it.each(['', 'a:b', 'a\nb', 'a\rb', 'a\0b', 'a\u2028b', '#a', ' a', 'a ', 'x'.repeat(256)])(
    'refuses the name %j',
    (user) => {
      expect(() => setUser('', user, a)).toThrow(HtpasswdError);
    },
  );

  it('refuses what is no bcrypt hash', () => {
    expect(() => setUser('', 'bob', `${a}\nroot:${a}`)).toThrow(HtpasswdError);
    expect(() => setUser('', 'bob', 'secret')).toThrow(HtpasswdError);
  });

  it('adds one user and keeps all others; removeUser takes it away again', () => {
    const user = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((name) => {
      try {
        return setUser('', name, a) !== '';
      } catch {
        return false;
      }
    });
    fc.assert(
      fc.property(fc.uniqueArray(user, { minLength: 1 }), (users) => {
        const text = users.reduce((text, user) => setUser(text, user, a), '# users\n');
        expect(listUsers(text)).toEqual(users);
        expect(parseHtpasswd(text)).toEqual(new Map(users.map((user) => [user, a])));
        expect(setUser(text, users[0] as string, a)).toBe(text);
        const rest = users.reduce<string | undefined>((text, user) => removeUser(text ?? '', user), text);
        expect(rest).toBe('# users\n');
      }),
    );
  });
});

describe('removeUser', () => {
  it('is undefined for an unknown user', () => {
    expect(removeUser(`bob:${a}\n# alice:${a}\n`, 'alice')).toBeUndefined();
  });
});

describe('listUsers', () => {
  it('lists each user once, whatever the hash', () => {
    expect(listUsers(`bob:md5\n# x:y\n\nalice:${a}\nbob:${a}\nnonsense\n`)).toEqual(['bob', 'alice']);
  });
});

describe('hashPassword', () => {
  it('makes a hash of the password', async () => {
    const hash = await hashPassword('sécret', 4);
    expect(bcryptCost(hash)).toBe(4);
    expect(await compare('sécret', hash)).toBe(true);
    expect(await compare('secret', hash)).toBe(false);
  });

  it.each<[string, number]>([
    ['', 10],
    ['x'.repeat(73), 10],
    ['é'.repeat(37), 10],
    ['x', 3],
    ['x', 18],
    ['x', 4.5],
  ])('refuses %j at cost %d', async (password, cost) => {
    await expect(hashPassword(password, cost)).rejects.toThrow(HtpasswdError);
  });
});
