import { rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessUnavailableError } from './errors.js';
import { HtpasswdFile } from './htpasswd.js';
import { HtpasswdError } from './htpasswd-text.js';

// Stand-ins for hashes: the password is what the last characters say.
const hashOf = (password: string, cost = '10') => `$2y$${cost}$${password.padStart(53, '.')}`;

let folder: string;
let path: string;
let now: number;
let compared: { password: string; hash: string }[];
let errors: unknown[];
let failing: Error | undefined;

function makeFile(): HtpasswdFile {
  return new HtpasswdFile(path, {
    now: () => now,
    onError: (error) => errors.push(error),
    compare: async (password, hash) => {
      compared.push({ password, hash });
      await Promise.resolve();
      if (failing) throw failing;
      return hash.endsWith(`.${password}`);
    },
  });
}

/** Replaces the file as editors do, so that it has another inode. */
async function replace(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

beforeEach(async () => {
  folder = temporaryFolder('htpasswd');
  path = join(folder, 'htpasswd');
  now = 1_000_000;
  compared = [];
  errors = [];
  failing = undefined;
  await writeFile(path, `alice:${hashOf('secret')}\nbob:${hashOf('hunter')}\n`);
});

describe('HtpasswdFile', () => {
  it.each([
    ['alice', 'secret', true],
    ['bob', 'hunter', true],
    ['alice', 'hunter', false],
    ['alice', '', false],
    ['Alice', 'secret', false],
    ['carol', 'secret', false],
    ['', 'secret', false],
    ['__proto__', 'secret', false],
  ])('%s with %s: %s', async (user, password, expected) => {
    expect(await makeFile().verify(user, password)).toBe(expected);
  });

  it('really compares bcrypt hashes', async () => {
    await writeFile(path, `alice:${hashSync('secret', 4)}\n`);
    const file = new HtpasswdFile(path);
    expect(await file.verify('alice', 'secret')).toBe(true);
    expect(await file.verify('alice', 'wrong')).toBe(false);
    expect(await file.verify('nobody', 'secret')).toBe(false);
    await file.close();
  });

  it('compares once for a known and once for an unknown user, at the same cost', async () => {
    await writeFile(path, `a:${hashOf('x', '12')}\nb:${hashOf('x', '12')}\nc:${hashOf('x', '05')}\n`);
    const file = makeFile();
    await file.verify('a', 'wrong');
    expect(compared).toHaveLength(1);
    await file.verify('nobody', 'wrong');
    expect(compared).toHaveLength(2);
    expect(compared[1]?.hash).toMatch(/^\$2b\$12\$[./A-Za-z0-9]{53}$/);
  });

  it('never lets an unknown user in, even with the password of the dummy hash', async () => {
    const file = new HtpasswdFile(path, { compare: async () => true });
    expect(await file.verify('nobody', 'x')).toBe(false);
  });

  it('remembers right passwords for 30 s and wrong ones for 1 s', async () => {
    const file = makeFile();
    await file.verify('alice', 'secret');
    await file.verify('alice', 'wrong');
    expect(compared).toHaveLength(2);
    now += 999;
    expect(await file.verify('alice', 'secret')).toBe(true);
    expect(await file.verify('alice', 'wrong')).toBe(false);
    expect(compared).toHaveLength(2);
    now += 1;
    expect(await file.verify('alice', 'wrong')).toBe(false);
    expect(compared).toHaveLength(3);
    now += 28_999;
    expect(await file.verify('alice', 'secret')).toBe(true);
    expect(compared).toHaveLength(3);
    now += 1;
    expect(await file.verify('alice', 'secret')).toBe(true);
    expect(compared).toHaveLength(4);
  });

  it('compares the same credentials once when they are asked for at once', async () => {
    const file = makeFile();
    const answers = await Promise.all(Array.from({ length: 20 }, () => file.verify('alice', 'secret')));
    expect(answers.every(Boolean)).toBe(true);
    expect(compared).toHaveLength(1);
  });

  it('does not remember a comparison that failed', async () => {
    const file = makeFile();
    failing = new AccessUnavailableError('busy');
    await expect(file.verify('alice', 'secret')).rejects.toBe(failing);
    failing = undefined;
    expect(await file.verify('alice', 'secret')).toBe(true);
  });

  it('notices a changed file after a second, and forgets the results of changed passwords', async () => {
    const file = makeFile();
    expect(await file.verify('alice', 'secret')).toBe(true);
    await replace(`alice:${hashOf('changed')}\n`);
    now += 999;
    expect(await file.verify('alice', 'secret')).toBe(true);
    now += 1;
    expect(await file.verify('alice', 'secret')).toBe(false);
    expect(await file.verify('alice', 'changed')).toBe(true);
    expect(await file.verify('bob', 'hunter')).toBe(false);
  });

  it('keeps the users it had while the file is malformed, and says so', async () => {
    const file = makeFile();
    await file.verify('alice', 'secret');
    await replace(`alice:${hashOf('changed')}\nbob\n`);
    now += 1000;
    expect(await file.verify('alice', 'secret')).toBe(true);
    expect(errors).toEqual([expect.any(HtpasswdError)]);
    await replace(`alice:${hashOf('changed')}\n`);
    now += 1000;
    expect(await file.verify('alice', 'secret')).toBe(false);
    expect(errors).toHaveLength(1);
  });

  it('verifies nobody while the file is missing, and looks again a second later', async () => {
    const file = makeFile();
    await file.verify('alice', 'secret');
    await unlink(path);
    now += 1000;
    await expect(file.verify('alice', 'secret')).rejects.toThrow(AccessUnavailableError);
    await expect(file.verify('alice', 'secret')).rejects.toThrow(/^(?!.*htpasswd-)/);
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
    await replace(`alice:${hashOf('secret')}\n`);
    now += 1000;
    expect(await file.verify('alice', 'secret')).toBe(true);
  });

  it('verifies nobody when the file was malformed from the start', async () => {
    await writeFile(path, 'alice:plain\n');
    await expect(makeFile().verify('alice', 'plain')).rejects.toThrow(AccessUnavailableError);
  });

  it('loads the file on demand, as a check', async () => {
    await expect(makeFile().load()).resolves.toBeUndefined();
    await writeFile(path, 'alice:plain\n');
    await expect(makeFile().load()).rejects.toThrow(HtpasswdError);
  });
});
