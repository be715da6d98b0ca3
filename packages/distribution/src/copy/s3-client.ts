import type * as Sdk from '@aws-sdk/client-s3';
import type { RegistryClientOptions } from '../client/options.js';
import { sdkHandler } from '../http/sdk-handler.js';
import { Transport } from '../http/transport.js';

/** A bucket of an object store that speaks S3. */
export interface BucketName {
  /** `s3.amazonaws.com`, or the host and port of another store. */
  host: string;
  region: string;
  bucket: string;
}

/** How object stores are reached: as registries are. Keys of access are the user and the password of the host's credentials. */
export type S3Access = Pick<RegistryClientOptions, 'credentials' | 'insecure' | 'trust' | 'proxy' | 'bandwidth'>;

/** The library, and a client for one bucket. */
export interface LoadedS3 {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
}

const AWS = /(^|\.)amazonaws\.com$/;
const ATTEMPTS = 6;
const [CONNECTIONS, CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS] = [32, 10_000, 60_000];

/** The library is large, so only who needs it loads it. Errors: the signal's reason. */
export async function loadS3(bucket: BucketName, access: S3Access, signal: AbortSignal): Promise<LoadedS3> {
  // It warns of each version of Node that it will not know one day; which one we run on is not the user's to change.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const client = await clientFor(sdk, bucket, access, 'https');
  if (access.insecure?.(bucket.host) !== true || AWS.test(bucket.host)) return { sdk, client };
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket: bucket.bucket }), { abortSignal: signal });
    return { sdk, client };
  } catch (error) {
    if (statusOf(error) !== undefined) return { sdk, client };
    client.destroy();
    return { sdk, client: await clientFor(sdk, bucket, access, 'http') };
  }
}

/** The status of the answer that became an error. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

async function clientFor(
  sdk: typeof Sdk,
  { host, region, bucket }: BucketName,
  { credentials, insecure, trust, proxy }: S3Access,
  scheme: 'http' | 'https',
): Promise<Sdk.S3Client> {
  const isInsecure = insecure?.(host) === true;
  const [found] = (await credentials?.({ host, name: bucket })) ?? [];
  const keys = found === undefined || !('username' in found) ? undefined : found;
  const transport = new Transport({
    connections: CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    ...(proxy && { proxy }),
  });
  return new sdk.S3Client({
    region,
    ...(!AWS.test(host) && { endpoint: `${scheme}://${host}`, forcePathStyle: true }),
    ...(keys !== undefined && {
      credentials: { accessKeyId: keys.username, secretAccessKey: keys.password },
    }),
    maxAttempts: isInsecure && scheme === 'https' ? 1 : ATTEMPTS,
    // Other stores do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: sdkHandler(transport, { insecure: isInsecure, trust: trust?.(host) ?? [] }),
  });
}
