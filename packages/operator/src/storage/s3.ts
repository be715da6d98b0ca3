import { formatDuration, parseDuration } from '@longshore/kube';
import { stringify } from 'yaml';
import type { S3Storage } from '../config/config.js';
import { PRIVATE_CONFIGURATION } from '../names.js';
import { driverEnv, driverName, type EnvVar, type Mount, type PodStorage, type Volume } from './pod-storage.js';

/** What is known of an S3 store and how to get into it. */
export interface S3Facts {
  /** INI text with the profile `default`. */
  credentials: string;
  /** Whether Amazon has addresses of both kinds in the region. */
  dualStack?: boolean;
  caBundle?: string;
}

const CREDENTIALS_FOLDER = '/var/run/secrets/cloud';
const CLOUDFRONT_FOLDER = '/etc/docker/cloudfront';
const MIB = 1024 * 1024;
const DEFAULT_DURATION = '20m';

const credentialsVolume: Volume = {
  name: PRIVATE_CONFIGURATION,
  secret: { secretName: PRIVATE_CONFIGURATION, optional: false },
};
const credentialsMount: Mount = { name: PRIVATE_CONFIGURATION, mountPath: CREDENTIALS_FOLDER, readOnly: true };

/** Amazon S3, and stores that speak its protocol (operator.md 5.3). */
export function s3Storage(s3: S3Storage, { credentials, dualStack = false, caBundle }: S3Facts): PodStorage {
  const { regionEndpoint = '', keyID = '', chunkSizeMiB, cloudFront } = s3;
  const hasEndpoint = regionEndpoint !== '';
  return {
    env: [
      ...driverEnv('S3', [
        ['REGIONENDPOINT', hasEndpoint ? regionEndpoint : undefined],
        ['KEYID', keyID === '' ? undefined : keyID],
        ['CHUNKSIZE', chunkSizeMiB === undefined ? undefined : chunkSizeMiB * MIB],
      ]),
      driverName('s3'),
      ...driverEnv('S3', [
        ['BUCKET', s3.bucket ?? ''],
        ['REGION', s3.region ?? ''],
        ['ENCRYPT', s3.encrypt ?? false],
        ['FORCEPATHSTYLE', s3.virtualHostedStyle !== true],
        ['CREDENTIALSCONFIGPATH', `${CREDENTIALS_FOLDER}/credentials`],
        ['USEDUALSTACK', hasEndpoint || dualStack ? true : undefined],
      ]),
      ...(cloudFront === undefined ? [] : [cloudFrontEnv(cloudFront)]),
    ],
    volumes: [credentialsVolume, ...(cloudFront === undefined ? [] : [cloudFrontVolume(cloudFront)])],
    mounts: [
      credentialsMount,
      ...(cloudFront === undefined
        ? []
        : [{ name: 'registry-cloudfront', mountPath: CLOUDFRONT_FOLDER, readOnly: true as const }]),
    ],
    secret: { credentials },
    ...(caBundle !== undefined && { caBundle }),
  };
}

type CloudFront = NonNullable<S3Storage['cloudFront']>;

function cloudFrontEnv({ baseURL, keypairID, duration = DEFAULT_DURATION }: CloudFront): EnvVar {
  const options = {
    baseurl: baseURL,
    privatekey: `${CLOUDFRONT_FOLDER}/private.pem`,
    keypairid: keypairID,
    duration: seconds(duration),
    ipfilteredby: 'none',
  };
  const value = stringify([{ name: 'cloudfront', options }], { version: '1.1', lineWidth: 0 }).trimEnd();
  return { name: 'REGISTRY_MIDDLEWARE_STORAGE', value };
}

/** Whole minutes in seconds, as the registry's own default is written. */
function seconds(duration: string): string {
  const nanoseconds = parseDuration(duration);
  return nanoseconds % 1_000_000_000n === 0n ? `${nanoseconds / 1_000_000_000n}s` : formatDuration(nanoseconds);
}

function cloudFrontVolume({ privateKey }: CloudFront): Volume {
  const items = [{ key: privateKey.key, path: 'private.pem' }];
  return { name: 'registry-cloudfront', secret: { secretName: privateKey.name ?? '', optional: false, items } };
}

export interface IbmFacts {
  credentials: string;
  /** Instead of the public address of the location. */
  endpoint?: string;
}

/** IBM Cloud Object Storage, by its S3 protocol (operator.md 5.7). */
export function ibmStorage(
  { bucket = '', location = '' }: { bucket?: string; location?: string },
  { credentials, endpoint }: IbmFacts,
): PodStorage {
  return {
    env: [
      driverName('s3'),
      ...driverEnv('S3', [
        ['BUCKET', bucket],
        ['REGION', location],
        ['REGIONENDPOINT', endpoint ?? `s3.${location}.cloud-object-storage.appdomain.cloud`],
        ['ENCRYPT', false],
        ['FORCEPATHSTYLE', true],
        ['USEDUALSTACK', false],
        ['CREDENTIALSCONFIGPATH', `${CREDENTIALS_FOLDER}/credentials`],
      ]),
    ],
    volumes: [credentialsVolume],
    mounts: [credentialsMount],
    secret: { credentials },
  };
}
