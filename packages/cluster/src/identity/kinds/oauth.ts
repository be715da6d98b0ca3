import { forbiddenField, invalidValue, s, unsupportedValue, type Fields } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';
import { column } from '../../kinds/columns.js';
import { defineKind } from '../../kinds/kind.js';
import {
  OAUTH_GROUP,
  type OAuthAccessToken,
  type OAuthAuthorizeToken,
  type OAuthClient,
  type OAuthClientAuthorization,
  type OAuthToken,
} from '../objects.js';
import { isTokenName } from '../access-tokens/token-name.js';
import { isRedirectUri } from '../../oauth/redirect-uri.js';

const common = { group: OAUTH_GROUP, version: 'v1', scope: 'Cluster' } as const;

/** The one scope that there is: all that the user may. */
export const FULL_SCOPE = 'user:full';

export const oauthClients = defineKind<OAuthClient>({
  ...common,
  kind: 'OAuthClient',
  plural: 'oauthclients',
  description: 'A program that may ask users for tokens.',
  fields: {
    accessTokenMaxAgeSeconds: s
      .int32('How long its tokens hold; 0: for ever. Default: as the cluster says.')
      .atLeast(0),
    accessTokenInactivityTimeoutSeconds: s.int32('Not supported.'),
    additionalSecrets: s.strings('Further secrets, for changing them.').atomic(),
    grantMethod: s.string('Whether users are asked: auto or prompt.').values('auto', 'prompt'),
    redirectURIs: s.strings('Where users may be sent back to, exactly.').merged(),
    respondWithChallenges: s.boolean('Whether it takes challenges instead of a login page.'),
    scopeRestrictions: s.listOf(
      s.object('Scopes that it may ask for.', {
        clusterRole: s.anyObject('Not supported.'),
        literals: s.strings('The scopes.').atomic(),
      }),
      'Without any: all.',
    ),
    secret: s.string('What it proves itself by. None for programs that cannot keep one.'),
  },
  columns: [
    column('WWW-Challenge', ({ respondWithChallenges = false }) => String(respondWithChallenges)),
    column('Token-Max-Age', ({ accessTokenMaxAgeSeconds }) => accessTokenMaxAgeSeconds ?? 'default'),
    column('Redirect URIs', ({ redirectURIs = [] }) => redirectURIs.join(',')),
  ],
  stored: { name: 'path-segment', validate: checkClient },
});

function checkClient(client: OAuthClient): StatusCause[] {
  const { redirectURIs = [], scopeRestrictions = [], accessTokenInactivityTimeoutSeconds } = client;
  const causes = redirectURIs.flatMap((uri, index) =>
    isRedirectUri(uri)
      ? []
      : [invalidValue(`redirectURIs[${index}]`, uri, 'must be an absolute http or https URL without fragment')],
  );
  for (const [index, restriction] of scopeRestrictions.entries()) {
    const field = `scopeRestrictions[${index}]`;
    if ('clusterRole' in restriction) causes.push(forbiddenField(`${field}.clusterRole`, 'is not supported'));
    causes.push(...checkScopes(restriction.literals ?? [], `${field}.literals`));
  }
  if (accessTokenInactivityTimeoutSeconds !== undefined) {
    causes.push(forbiddenField('accessTokenInactivityTimeoutSeconds', 'is not supported'));
  }
  return causes;
}

function checkScopes(scopes: readonly string[], field: string): StatusCause[] {
  return scopes.flatMap((scope, index) =>
    scope === FULL_SCOPE ? [] : [unsupportedValue(`${field}[${index}]`, scope, [FULL_SCOPE])],
  );
}

const tokenFields: Fields = {
  clientName: s.string('The client that it was given to.').required(),
  expiresIn: s.int64('Seconds that it holds from its creation; 0: for ever.').atLeast(0),
  redirectURI: s.string('Where it was sent.'),
  scopes: s.strings('What it is good for.').required().atomic(),
  userName: s.string('Whose it is.').required(),
  userUID: s.string('The UID of that user.').required(),
};

const tokenColumns = [
  column<OAuthToken>('User Name', ({ userName }) => userName),
  column<OAuthToken>('Client Name', ({ clientName }) => clientName),
  column<OAuthToken>('Created', ({ metadata }) => metadata.creationTimestamp),
  column<OAuthToken>('Expires', (token) => expiryOf(token)?.toISOString()),
  column<OAuthToken>('Redirect URI', ({ redirectURI }) => redirectURI),
  column<OAuthToken>('Scopes', ({ scopes }) => scopes.join(',')),
];

/** When a token ends; undefined when never. */
export function expiryOf({ expiresIn = 0, metadata }: OAuthToken): Date | undefined {
  if (expiresIn === 0) return undefined;
  return new Date(Date.parse(metadata.creationTimestamp ?? '') + expiresIn * 1000);
}

function checkToken({ metadata: { name = '' }, scopes }: OAuthToken): StatusCause[] {
  const hashed = 'must be sha256~ and the hash of the token, in base64url';
  return [
    ...(isTokenName(name) ? [] : [invalidValue('metadata.name', name, hashed)]),
    ...checkScopes(scopes, 'scopes'),
  ];
}

/** A token stays what it was when it was given out. */
function checkTokenUpdate({ metadata: _, ...token }: OAuthToken, { metadata: __, ...old }: OAuthToken): StatusCause[] {
  const changed = [...new Set([...Object.keys(token), ...Object.keys(old)])].filter(
    (key) => JSON.stringify(token[key]) !== JSON.stringify(old[key]),
  );
  return changed.map((field) => invalidValue(field, token[field], 'field is immutable'));
}

export const oauthAccessTokens = defineKind<OAuthAccessToken>({
  ...common,
  kind: 'OAuthAccessToken',
  plural: 'oauthaccesstokens',
  description: 'A token by which a user is known. Who deletes it ends it.',
  fields: { ...tokenFields, authorizeToken: s.string('The code that it was exchanged for.') },
  columns: tokenColumns,
  selectableFields: selectableTokenFields(),
  stored: { name: 'path-segment', validate: checkToken, validateUpdate: checkTokenUpdate },
});

export const oauthAuthorizeTokens = defineKind<OAuthAuthorizeToken>({
  ...common,
  kind: 'OAuthAuthorizeToken',
  plural: 'oauthauthorizetokens',
  description: 'A code that a client exchanges once for an access token.',
  fields: {
    ...tokenFields,
    codeChallenge: s.string('The hash of what the client must show (PKCE).'),
    codeChallengeMethod: s.string('How it was hashed.'),
    state: s.string('What the client wants to hear again.'),
  },
  columns: tokenColumns,
  selectableFields: selectableTokenFields(),
  stored: { name: 'path-segment', validate: checkToken, validateUpdate: checkTokenUpdate },
});

function selectableTokenFields(): Record<string, (token: OAuthToken) => string> {
  return {
    clientName: ({ clientName }) => clientName,
    userName: ({ userName }) => userName,
    userUID: ({ userUID }) => userUID,
  };
}

export const oauthClientAuthorizations = defineKind<OAuthClientAuthorization>({
  ...common,
  kind: 'OAuthClientAuthorization',
  plural: 'oauthclientauthorizations',
  description: 'The consent of a user to a client.',
  fields: {
    clientName: s.string('The client.').required(),
    scopes: s.strings('What it may have.').required().atomic(),
    userName: s.string('The user.').required(),
    userUID: s.string('The UID of that user.').required(),
  },
  columns: [
    column('User Name', ({ userName }) => userName),
    column('Client Name', ({ clientName }) => clientName),
    column('Scopes', ({ scopes }) => scopes.join(',')),
  ],
  stored: {
    name: 'path-segment',
    validate: (consent) => [...checkConsentName(consent), ...checkScopes(consent.scopes, 'scopes')],
  },
});

function checkConsentName({ metadata: { name = '' }, userName, clientName }: OAuthClientAuthorization): StatusCause[] {
  const expected = `${userName}:${clientName}`;
  return name === expected ? [] : [invalidValue('metadata.name', name, `must be in the form <userName>:<clientName>`)];
}
