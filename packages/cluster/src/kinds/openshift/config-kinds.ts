/** Kinds of `config.openshift.io/v1` by which a cluster and its components are set up. */
import { s, type ResourceDefinition } from '@longshore/apiserver';
import { defineKind, type Kind } from '../kind.js';
import { clusterOperators } from './cluster-operator.js';
import { clusterVersions } from './cluster-version.js';
import { infrastructures } from './infrastructure.js';
import { imageDigestMirrorSets, imageTagMirrorSets } from './mirror-sets.js';

type Words = Pick<Kind<never>, 'kind' | 'plural' | 'description' | 'fields' | 'columns' | 'shortNames'>;

const config = (words: Words): ResourceDefinition =>
  defineKind({ group: 'config.openshift.io', version: 'v1', scope: 'Cluster', custom: true, ...words });

const nameReference = (description: string) => s.object(description, { name: s.string('Its name.').required() });

const images = config({
  kind: 'Image',
  plural: 'images',
  description: 'How images are found, and from where they may come.',
  fields: {
    spec: s
      .object('What is wanted.', {
        additionalTrustedCA: nameReference('Config map in openshift-config with certificates, by host..port.'),
        allowedRegistriesForImport: s
          .listOf(
            s.object('A registry.', {
              domainName: s.string('Its host; * and ? stand for any characters.'),
              insecure: s.boolean('Whether it may be reached without TLS.'),
            }),
            'From where users may import; default: from everywhere.',
          )
          .atomic(),
        externalRegistryHostnames: s.strings('Host names of the registry outside of the cluster.').atomic(),
        imageStreamImportMode: s
          .string('Legacy or PreserveOriginal.')
          .values('', 'Legacy', 'PreserveOriginal')
          .default(''),
        registrySources: s.object('What container runtimes may do.', {
          allowedRegistries: s.strings('Registries that may be used; excludes blockedRegistries.').atomic(),
          blockedRegistries: s.strings('Registries that may not.').atomic(),
          containerRuntimeSearchRegistries: s
            .strings('Where short names are looked for.')
            .with({ minItems: 1, 'x-kubernetes-list-type': 'set' }),
          insecureRegistries: s.strings('Registries without valid TLS.').atomic(),
        }),
      })
      .required(),
    status: s.object('How it is.', {
      externalRegistryHostnames: s.strings('Host names of the registry outside of the cluster.').atomic(),
      imageStreamImportMode: s.string('Legacy or PreserveOriginal.'),
      internalRegistryHostname: s.string('Host name and port of the registry inside of the cluster.'),
    }),
  },
});

const proxies = config({
  kind: 'Proxy',
  plural: 'proxies',
  description: 'How the outside is reached.',
  fields: {
    spec: s
      .object('What is wanted.', {
        httpProxy: s.string('Proxy for http.'),
        httpsProxy: s.string('Proxy for https.'),
        noProxy: s.string('Hosts that are reached directly, with commas between them.'),
        readinessEndpoints: s.strings('What must be reachable through it.').atomic(),
        trustedCA: nameReference('Config map in openshift-config with certificates.'),
      })
      .required(),
    status: s.object('What holds.', {
      httpProxy: s.string('Proxy for http.'),
      httpsProxy: s.string('Proxy for https.'),
      noProxy: s.string('Hosts that are reached directly.'),
    }),
  },
});

const tlsProfile = s.object('Which TLS is spoken.', {
  custom: s
    .object('Settings of type Custom.', {
      ciphers: s.strings('Cipher suites.').atomic(),
      minTLSVersion: s
        .string('The oldest version.')
        .values('VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'),
    })
    .with({ nullable: true }),
  intermediate: s.object('Nothing to set.', {}).with({ nullable: true }),
  modern: s.object('Nothing to set.', {}).with({ nullable: true }),
  old: s.object('Nothing to set.', {}).with({ nullable: true }),
  type: s.string('Old, Intermediate, Modern or Custom.').values('', 'Old', 'Intermediate', 'Modern', 'Custom'),
});

const apiServers = config({
  kind: 'APIServer',
  plural: 'apiservers',
  description: 'How the API is served.',
  fields: {
    spec: s
      .object('What is wanted.', {
        additionalCORSAllowedOrigins: s.strings('Origins of web pages that may use it.').atomic(),
        audit: s
          .object('What is written down.', {
            customRules: s
              .listOf(
                s.object('A rule.', {
                  group: s.string('The group of users.').with({ minLength: 1 }).required(),
                  profile: s
                    .string('Default, WriteRequestBodies, AllRequestBodies or None.')
                    .values('Default', 'WriteRequestBodies', 'AllRequestBodies', 'None')
                    .required(),
                }),
                'Rules for groups.',
              )
              .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['group'] }),
            profile: s
              .string('Default, WriteRequestBodies, AllRequestBodies or None.')
              .values('Default', 'WriteRequestBodies', 'AllRequestBodies', 'None')
              .default('Default'),
          })
          .default({ profile: 'Default' }),
        clientCA: nameReference('Config map in openshift-config with certificates that clients may be signed by.'),
        encryption: s.object('How stored objects are encrypted.', {
          type: s.string('identity, aescbc or aesgcm.').values('', 'identity', 'aescbc', 'aesgcm'),
        }),
        servingCerts: s.object('Certificates.', {
          namedCertificates: s
            .listOf(
              s.object('A certificate.', {
                names: s.strings('Its host names.').atomic(),
                servingCertificate: nameReference('Secret in openshift-config.'),
              }),
              'Certificates by host name.',
            )
            .atomic(),
        }),
        tlsSecurityProfile: tlsProfile,
      })
      .required(),
    status: s.object('Nothing is told.', {}),
  },
});

const dnses = config({
  kind: 'DNS',
  plural: 'dnses',
  description: 'Names of the cluster.',
  fields: {
    spec: s
      .object('What is wanted.', {
        baseDomain: s.string('Domain of the cluster.'),
        platform: s.anyObject('Settings of the platform.'),
        privateZone: s.anyObject('Zone for names inside.'),
        publicZone: s.anyObject('Zone for names outside.'),
      })
      .required(),
    status: s.object('Nothing is told.', {}),
  },
});

const ingresses = config({
  kind: 'Ingress',
  plural: 'ingresses',
  description: 'How routes get their hosts.',
  fields: {
    spec: s
      .object('What is wanted.', {
        appsDomain: s.string('Domain of routes, instead of domain.'),
        componentRoutes: s.listOf(s.anyObject(''), 'Hosts of components.').atomic(),
        domain: s.string('Domain of routes.'),
        loadBalancer: s.anyObject('The load balancer.'),
        requiredHSTSPolicies: s.listOf(s.anyObject(''), 'HSTS that routes must have.').atomic(),
      })
      .required(),
    status: s.object('How it is.', {
      componentRoutes: s.listOf(s.anyObject(''), 'Hosts of components.').atomic(),
      defaultPlacement: s.string('ControlPlane or Workers.'),
    }),
  },
});

export const configKinds: ResourceDefinition[] = [
  images,
  proxies,
  apiServers,
  dnses,
  ingresses,
  clusterOperators,
  clusterVersions,
  infrastructures,
  imageDigestMirrorSets,
  imageTagMirrorSets,
];
