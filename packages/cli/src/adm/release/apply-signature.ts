import { hasReason, type KubeObject } from '@longshore/kube';
import { signatureConfigMap } from '@longshore/mirror/signatures';
import type { Digest } from '@longshore/oci';
import { CliError } from '../../cli-error.js';
import { inSession, type SessionOptions } from '../../session/session.js';
import type { ReleaseSignature } from './signature-file.js';

export interface ApplyOptions extends SessionOptions {
  overwrite?: boolean;
  dryRun?: boolean;
}

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };

/** Fails early where {@link applySignature} would fail late. Errors: CliError, ApiError, those of the session. */
export async function checkApplicable({ digest }: ReleaseSignature, options: ApplyOptions): Promise<void> {
  const { name, namespace } = placeOf(digest);
  await inSession(options, async ({ client }) => {
    const known = await client.find(CONFIG_MAPS, name, { namespace });
    if (known !== undefined && options.overwrite !== true) throw alreadyThere(name);
  });
}

/** Creates the ConfigMap of a signature in the cluster, or with `overwrite` replaces it. Errors: CliError, ApiError. */
export async function applySignature(
  { digest, signatures }: ReleaseSignature,
  { overwrite = false, dryRun = false, ...session }: ApplyOptions,
): Promise<string> {
  const { name, namespace } = placeOf(digest);
  if (dryRun) return `info: Create or configure configmap ${name}\n`;
  const wanted = JSON.parse(signatureConfigMap(digest, signatures)) as KubeObject;
  return inSession(session, async ({ client }) => {
    try {
      await client.create(CONFIG_MAPS, wanted);
      return `configmap/${name} created\n`;
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      if (!overwrite) throw alreadyThere(name);
    }
    const { metadata } = await client.get(CONFIG_MAPS, name, { namespace });
    const { resourceVersion } = metadata;
    await client.update(CONFIG_MAPS, {
      ...wanted,
      metadata: { ...wanted.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
    });
    return `configmap/${name} configured\n`;
  });
}

function placeOf(digest: Digest): { name: string; namespace: string } {
  return { name: digest.replace(':', '-'), namespace: 'openshift-config-managed' };
}

function alreadyThere(name: string): CliError {
  return new CliError(`configmap/${name} already exists; pass --overwrite to replace it`);
}
