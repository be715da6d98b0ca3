import type { AccessRule, AuthConfig, LongshoreAuthConfig } from './registry-config.js';
import type { Setting } from './setting.js';
import type { ListOptions } from './structure-settings.js';
import { list, optionalList, optionalSection, refused, section, unlessAbsent } from './structure-settings.js';
import { choice, duration, flag, text } from './value-settings.js';

/** The `auth` section. */
export function authSetting(): Setting<AuthConfig | undefined> {
  return optionalSection<AuthConfig>({
    about: 'Who may use the registry. Without it, everybody.',
    bareName: true,
    // An empty `htpasswd` is a mistake to be told, not a registry that is open to all.
    present: (map) => map.entries.has('htpasswd') || map.entries.has('openshift'),
    keys: {
      htpasswd: unlessAbsent(
        section<NonNullable<AuthConfig['htpasswd']>>({
          about: 'Users and passwords from a file.',
          keys: {
            realm: text({ about: 'Name of the realm that clients are told.', required: 'a name such as "registry"' }),
            path: text({
              about: 'The file, bcrypt entries as `htpasswd -B` makes them.',
              type: 'a path',
              required: 'the path of an htpasswd file',
            }),
          },
        }),
      ),
      openshift: unlessAbsent(
        section<NonNullable<AuthConfig['openshift']>>({
          about: 'Users and roles of a cluster: the password is a token of it. See `openshift.kubeconfig`.',
          keys: { realm: text({ about: 'Name of the realm that clients are told.', fallback: 'openshift' }) },
        }),
      ),
    },
    extras: {
      token: refused('not available in this version: Longshore issues its tokens itself; see longshore.auth.tokens', {
        evenEmpty: true,
      }),
      silly: refused('not available: it lets everybody in; write auth.htpasswd', { evenEmpty: true }),
    },
    check({ values, report }) {
      if (values.htpasswd && values.openshift) {
        report('openshift', 'write either auth.htpasswd or auth.openshift: there is one set of users');
      }
    },
  });
}

/** The `longshore.auth` section. */
export function longshoreAuthSetting(): Setting<LongshoreAuthConfig> {
  return section<LongshoreAuthConfig>({
    about: 'Access rules, in force together with `auth.htpasswd`.',
    keys: {
      rules: optionalList({
        about: 'Each rule allows; what no rule allows is refused. When absent, every user may do everything.',
        type: 'a list of rules',
        item: ruleSetting(),
      }),
      catalog: section<LongshoreAuthConfig['catalog']>({
        about: 'The list of repositories.',
        keys: {
          users: optionalUsers(
            'Users who may list all repositories; `*` is every user. When absent: every user without rules, nobody with.',
          ),
        },
      }),
      metrics: section<LongshoreAuthConfig['metrics']>({
        about: 'The metrics.',
        keys: { users: optionalUsers('Users who may read the metrics, in the same way.') },
      }),
      tokens: section<LongshoreAuthConfig['tokens']>({
        about: "Bearer tokens from the registry's own endpoint.",
        keys: {
          enabled: flag({ about: 'Issue tokens, and ask clients to fetch one.', fallback: true }),
          expiration: duration({ about: 'How long a token is good.', fallback: '5m', min: '60s', max: '24h' }),
          service: text({
            about: 'Name of the registry in tokens.',
            fallback: 'longshore',
            check: (name) => (/^[\w.:/-]{1,128}$/.test(name) ? undefined : 'a name without spaces and quotes'),
          }),
        },
      }),
    },
  });
}

function ruleSetting(): Setting<AccessRule> {
  return section<AccessRule>({
    about: 'One rule.',
    keys: {
      repository: list({
        ...repositoryGlobs('Globs of repositories: `*` is any text without a slash, `**` any text.'),
        required: 'a glob such as "team/*"',
      }),
      users: list(usersOptions('Users for whom it holds; `*` is every user.')),
      anonymous: flag({ about: 'It holds for everybody, logged in or not.', fallback: false }),
      actions: list({
        about: 'What it allows: `pull`, `push`, `delete`, or `*` for all.',
        type: 'a list of actions',
        item: choice({ about: '', values: ['pull', 'push', 'delete', '*'], fallback: 'pull' }),
        orOne: true,
        required: '[pull], or also push, delete or "*"',
      }),
    },
    check({ values, report }) {
      if (values.users?.length === 0 && values.anonymous === false) {
        report('users', 'the rule holds for nobody; name users, or write "anonymous: true"');
      }
    },
  });
}

/** Options of a list of globs, or of one. */
export function repositoryGlobs(about: string): ListOptions<string> {
  return {
    about,
    type: 'a glob or a list of globs',
    item: text({
      about: '',
      type: 'a glob',
      required: 'a glob such as "team/*"',
      check: (glob) => (/^[a-z0-9._/*-]{1,255}$/.test(glob) ? undefined : 'a glob such as "team/*", in lower case'),
    }),
    orOne: true,
  };
}

function optionalUsers(about: string): Setting<string[] | undefined> {
  return optionalList(usersOptions(about));
}

function usersOptions(about: string): ListOptions<string> {
  return {
    about,
    type: 'a list of user names',
    item: text({
      about: '',
      type: 'a user name',
      required: 'a user name',
      check: (name) => (/^[^\s:]{1,255}$/.test(name) ? undefined : 'a user name, without spaces and colons'),
    }),
    orOne: true,
  };
}
