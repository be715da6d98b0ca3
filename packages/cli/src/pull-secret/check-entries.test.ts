import { RemoteError, type CredentialEntry, type RemoteErrorCode } from '@longshore/distribution';
import { describe, expect, it } from 'vitest';
import { describeVerdicts } from './check.js';
import { checkEntries, isGood, type Checker, type EntryVerdict } from './check-entries.js';

const { signal } = new AbortController();
const entry = (host: string, path = ''): CredentialEntry => ({
  host,
  path,
  credential: { username: 'u', password: 'hush' },
});

/** Fails to log in with a code, or lets pushes to some repositories through. */
function checkerOf(code: RemoteErrorCode | undefined, writable: readonly string[] | RemoteErrorCode = []): Checker {
  return {
    login: async () => {
      if (code !== undefined) throw new RemoteError(code, 'why');
      return 'accepted';
    },
    mayPush: async ({ name }) => {
      if (typeof writable === 'string') throw new RemoteError(writable, 'why');
      return writable.includes(name);
    },
  };
}

describe('checkEntries', () => {
  it.each<[string, Checker, Partial<EntryVerdict>, boolean]>([
    ['works', checkerOf(undefined), { login: 'accepted' }, true],
    ['is wrong', checkerOf('WRONG_CREDENTIALS'), { login: 'refused', message: 'why' }, false],
    ['is denied', checkerOf('DENIED'), { login: 'refused', message: 'why' }, false],
    ['is for no registry', checkerOf('NOT_A_REGISTRY'), { login: 'no-registry', message: 'why' }, true],
    ['cannot be asked for', checkerOf('UNAVAILABLE'), { login: 'failed', message: 'why' }, false],
  ])('says what an entry is that %s', async (_, checker, verdict, good) => {
    const [found] = await checkEntries([entry('r.test')], checker, { signal });
    expect(found).toEqual({ registry: 'r.test', ...verdict });
    expect(isGood(found!)).toBe(good);
  });

  it.each<[string, CredentialEntry, string[] | RemoteErrorCode, Partial<EntryVerdict>, boolean]>([
    ['nowhere', entry('r.test'), [], { writes: false }, true],
    ['where that was tried', entry('r.test'), ['b'], { writes: 'b' }, false],
    ['to its own repository', entry('r.test', 'team/app'), ['team/app'], { writes: 'team/app' }, false],
    [
      'below its path',
      entry('r.test', 'team'),
      ['team/longshore-write-check'],
      { writes: 'team/longshore-write-check' },
      false,
    ],
    ['not beside its path', entry('r.test', 'team'), ['b'], { writes: false }, true],
    ['perhaps', entry('r.test'), 'UNAVAILABLE', { message: 'whether it may push is not known: why' }, false],
  ])('finds out that an entry may push %s', async (_, one, writable, verdict, good) => {
    const options = { signal, writeRepositories: ['a', 'b'] };
    const [found] = await checkEntries([one], checkerOf(undefined, writable), options);
    expect(found).toMatchObject({ login: 'accepted', ...verdict });
    expect(isGood(found!)).toBe(good);
  });

  it('does not ask for patterns', async () => {
    const [found] = await checkEntries([entry('*.r.test')], checkerOf('INVALID'), { signal });
    expect(found).toMatchObject({ login: 'not-checked' });
    expect(isGood(found!)).toBe(true);
  });

  it('asks a few at a time, and keeps the order', async () => {
    let [running, most] = [0, 0];
    const login = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'accepted' as const;
    };
    const hosts = Array.from({ length: 30 }, (_, index) => `r${index}.test`);
    const found = await checkEntries(
      hosts.map((host) => entry(host)),
      { ...checkerOf(undefined), login },
      { signal },
    );
    expect(found.map(({ registry }) => registry)).toEqual(hosts);
    expect(most).toBe(8);
  });

  it('ends with its signal', async () => {
    const reason = new Error('interrupted');
    const checking = checkEntries([entry('r.test')], checkerOf('UNAVAILABLE'), { signal: AbortSignal.abort(reason) });
    await expect(checking).rejects.toBe(reason);
  });
});

describe('describeVerdicts', () => {
  it.each<[string, EntryVerdict[], string]>([
    [
      'logins',
      [
        { registry: 'quay.io', login: 'accepted' },
        { registry: 'r.test:5000/team', login: 'refused', message: 'why' },
      ],
      'REGISTRY         LOGIN\nquay.io          accepted\nr.test:5000/team refused  why\n',
    ],
    [
      'rights to push',
      [
        { registry: 'a', login: 'accepted', writes: 'x' },
        { registry: 'b', login: 'accepted', writes: false },
        { registry: 'c', login: 'failed', message: 'why' },
      ],
      'REGISTRY LOGIN    WRITE\na        accepted yes\nb        accepted no\nc        failed   -     why\n',
    ],
  ])('makes a table of %s', (_, verdicts, table) => expect(describeVerdicts(verdicts)).toBe(table));
});
