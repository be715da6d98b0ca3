import { duplicateValue, forbiddenField, requiredValue, s, unsupportedValue } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';
import { defineKind } from '../../kinds/kind.js';
import { CONFIG_GROUP, type IdentityProvider, type OAuthConfig } from '../objects.js';

const secretReference = s.object('A Secret in openshift-config.', { name: s.string('Its name.').required() });

/** How users log in; the object that counts is called `cluster`. */
export const oauthConfigs = defineKind<OAuthConfig>({
  group: CONFIG_GROUP,
  version: 'v1',
  kind: 'OAuth',
  plural: 'oauths',
  scope: 'Cluster',
  custom: true,
  description: 'How users log in.',
  fields: {
    spec: s.object('What is wanted.', {
      identityProviders: s
        .listOf(
          s.object('Who knows users.', {
            name: s.string('Its name, which identities begin with.').required(),
            type: s.string('HTPasswd.').required(),
            mappingMethod: s
              .string('How its users become users of the cluster. Default: claim.')
              .values('claim', 'lookup', 'add'),
            htpasswd: s.object('Users in a file as htpasswd writes it.', {
              fileData: secretReference.describe('The Secret with the file under the key htpasswd.').required(),
            }),
          }),
          'Asked in this order.',
        )
        .atomic(),
      tokenConfig: s.object('Tokens.', {
        accessTokenMaxAgeSeconds: s.int32('How long tokens hold. Default: 86400.').atLeast(0),
        accessTokenInactivityTimeout: s.string('Not supported.'),
        accessTokenInactivityTimeoutSeconds: s.int32('Not supported.'),
      }),
      templates: s.anyObject('Not supported.'),
    }),
    status: s.anyObject('What is so.'),
  },
  stored: { validate: checkConfig },
});

const UNSUPPORTED = 'is not supported';

function checkConfig({ spec = {} }: OAuthConfig): StatusCause[] {
  const { identityProviders = [], tokenConfig = {} } = spec;
  const causes: StatusCause[] = [];
  if ('templates' in spec) causes.push(forbiddenField('spec.templates', UNSUPPORTED));
  for (const field of ['accessTokenInactivityTimeout', 'accessTokenInactivityTimeoutSeconds']) {
    if (field in tokenConfig) causes.push(forbiddenField(`spec.tokenConfig.${field}`, UNSUPPORTED));
  }
  const names = new Set<string>();
  for (const [index, provider] of identityProviders.entries()) {
    const field = `spec.identityProviders[${index}]`;
    causes.push(...checkProvider(provider, field));
    if (names.has(provider.name)) causes.push(duplicateValue(`${field}.name`, provider.name));
    names.add(provider.name);
  }
  return causes;
}

function checkProvider({ name, type, htpasswd }: IdentityProvider, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (/[:/%]/.test(name) || name === '.' || name === '..') {
    causes.push(forbiddenField(`${field}.name`, 'may not contain ":", "/" or "%", nor be "." or ".."'));
  }
  if (type !== 'HTPasswd') causes.push(unsupportedValue(`${field}.type`, type, ['HTPasswd']));
  else if (htpasswd === undefined) causes.push(requiredValue(`${field}.htpasswd`));
  return causes;
}
