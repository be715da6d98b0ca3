import { describe, expect, it } from 'vitest';
import type { Subject } from './access.js';
import type { RepositoryRule } from './rules.js';
import { compileRules, RulesError } from './rules.js';

const user = (name: string): Subject => ({ name, anonymous: false });
const anonymous: Subject = { name: 'anonymous', anonymous: true };

const rules: RepositoryRule[] = [
  { repository: 'public/**', anonymous: true, actions: ['pull'] },
  { repository: ['team/*', 'shared/app'], users: ['alice', 'bob'], actions: ['pull'] },
  { repository: 'team/app', users: ['alice'], actions: ['push'] },
  { repository: '**', users: ['root'], actions: ['*'] },
  { repository: 'house/**', users: ['*'], actions: ['pull', 'delete'] },
];

describe('compileRules', () => {
  const rights = compileRules(rules);

  it.each<[string, Subject, string, string[]]>([
    ['anonymous where allowed', anonymous, 'public/app', ['pull']],
    ['anonymous elsewhere', anonymous, 'team/app', []],
    ['anonymous where every user may', anonymous, 'house/app', []],
    ['a user where anonymous may', user('carol'), 'public/a/b', ['pull']],
    ['rights add up', user('alice'), 'team/app', ['pull', 'push']],
    ['only the rules that match the repository', user('alice'), 'team/other', ['pull']],
    ['only the rules that name the user', user('bob'), 'team/app', ['pull']],
    ['a second pattern', user('bob'), 'shared/app', ['pull']],
    ['no rule for the user', user('carol'), 'team/app', []],
    ['no rule for the repository', user('bob'), 'nobody/app', []],
    ['every user', user('carol'), 'house/app', ['delete', 'pull']],
    ['all actions', user('root'), 'team/app', ['*', 'delete', 'pull', 'push']],
    ['a user who is called anonymous', user('anonymous'), 'house/app', ['delete', 'pull']],
    ['names compare exactly', user('Alice'), 'team/app', []],
  ])('%s', (_, subject, repository, expected) => {
    expect([...rights(subject, repository)].sort()).toEqual(expected);
    expect([...rights(subject, repository)].sort()).toEqual(expected);
  });

  it('gives nothing without rules', () => {
    expect(compileRules([])(user('alice'), 'team/app').size).toBe(0);
  });

  it.each<[string, RepositoryRule]>([
    ['nobody', { repository: '**', actions: ['pull'] }],
    ['nobody', { repository: '**', users: [], anonymous: false, actions: ['pull'] }],
    ['no actions', { repository: '**', users: ['*'], actions: [] }],
    ['no repository', { repository: [], users: ['*'], actions: ['pull'] }],
    ['empty', { repository: '', users: ['*'], actions: ['pull'] }],
    ['longer than', { repository: 'a'.repeat(513), users: ['*'], actions: ['pull'] }],
  ])('refuses a rule: %s', (message, rule) => {
    const compile = () => compileRules([rules[0] as RepositoryRule, rule]);
    expect(compile).toThrow(RulesError);
    expect(compile).toThrow(new RegExp(`^access rule 1: .*${message}`));
  });
});
