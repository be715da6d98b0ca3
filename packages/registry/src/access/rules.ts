import { LRUCache } from 'lru-cache';
import type { Action, Subject } from './access.js';
import { compileGlobs } from './repository-glob.js';

/** What a rule can give on a repository; `*` is all of them. */
export type RepositoryAction = Extract<Action, 'pull' | 'push' | 'delete' | '*'>;

/** One rule of the configuration: who may do what on the repositories that match a pattern. */
export interface RepositoryRule {
  /** Patterns as {@link compileGlob} takes them. */
  repository: string | readonly string[];
  /** Names of users; `*` is everybody who logged in. */
  users?: readonly string[];
  /** True: everybody, logged in or not. */
  anonymous?: boolean;
  actions: readonly RepositoryAction[];
}

/** A rule that cannot be meant. `rule` is its index in the list. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
  readonly code = 'RULES_INVALID';

  constructor(
    readonly rule: number,
    message: string,
  ) {
    super(`access rule ${rule}: ${message}`);
  }
}

/** The rights of a subject on a repository. A set that holds `*` holds all other actions too. */
export type RepositoryRights = (subject: Subject, repository: string) => ReadonlySet<Action>;

export const ALL_REPOSITORY_ACTIONS: ReadonlySet<Action> = new Set<Action>(['pull', 'push', 'delete', '*']);

const MAX_PATTERN_LENGTH = 512;
const CACHED_RIGHTS = 10_000;

interface CompiledRule {
  matches: (repository: string) => boolean;
  applies: (subject: Subject) => boolean;
  actions: readonly Action[];
}

function compilePatterns(rule: RepositoryRule, index: number): CompiledRule['matches'] {
  const patterns = typeof rule.repository === 'string' ? [rule.repository] : rule.repository;
  if (patterns.length === 0) throw new RulesError(index, 'names no repository');
  for (const pattern of patterns) {
    if (pattern === '') throw new RulesError(index, 'the repository pattern is empty (** covers all repositories)');
    if (pattern.length > MAX_PATTERN_LENGTH) {
      throw new RulesError(index, `the repository pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
    }
  }
  return compileGlobs(patterns);
}

function compileRule(rule: RepositoryRule, index: number): CompiledRule {
  const matches = compilePatterns(rule, index);
  const users = new Set(rule.users);
  const everybody = rule.anonymous === true;
  if (users.size === 0 && !everybody) throw new RulesError(index, 'gives rights to nobody: set users or anonymous');
  if (rule.actions.length === 0) throw new RulesError(index, 'lists no actions');
  const everyUser = users.has('*');
  return {
    matches,
    applies: (subject) => everybody || (!subject.anonymous && (everyUser || users.has(subject.name))),
    actions: rule.actions.includes('*') ? [...ALL_REPOSITORY_ACTIONS] : rule.actions,
  };
}

/**
 * Compiles the rules of the configuration. The rights of all rules that match add up; where none matches there is no
 * right. Throws {@link RulesError} for a rule that gives nothing to anybody.
 */
export function compileRules(rules: readonly RepositoryRule[]): RepositoryRights {
  const compiled = rules.map(compileRule);
  const cache = new LRUCache<string, ReadonlySet<Action>>({ max: CACHED_RIGHTS });
  return (subject, repository) => {
    // User names hold no line break (htpasswd), so the parts of the key cannot run into each other.
    const key = subject.anonymous ? `\n${repository}` : `${subject.name}\n${repository}`;
    let rights = cache.get(key);
    if (rights === undefined) {
      const matching = compiled.filter((rule) => rule.applies(subject) && rule.matches(repository));
      rights = new Set(matching.flatMap((rule) => rule.actions));
      cache.set(key, rights);
    }
    return rights;
  };
}
