import {
  CredentialSource,
  hasReason,
  systemClock,
  type Connection,
  type KubeClient,
  type KubeObject,
} from '@longshore/kube';
import { CliError } from '../cli-error.js';

/** The account of the pruner (operator.md 2.1). */
const PRUNER = { namespace: 'openshift-image-registry', name: 'pruner' };
const SERVICE_ACCOUNTS = { group: '', version: 'v1', resource: 'serviceaccounts' };
const LIFE_SECONDS = 3600;
const RENEW_MS = (LIFE_SECONDS / 2) * 1000;

interface TokenRequest extends KubeObject {
  status?: { token?: string };
}

/**
 * The token that a registry is shown. Registries know nobody by certificate: whoever has one, but no token, gets a short-lived
 * one of the pruner's service account, if he may. Errors of the function that is returned: CliError, those of `KubeClient`.
 */
export function registryToken(connection: Connection, client: KubeClient): () => Promise<string> {
  const source = new CredentialSource(connection, systemClock);
  let issued: { token: string; until: number } | undefined;
  return async () => {
    const { token } = await source.get();
    if (token !== undefined) return token;
    const now = systemClock.monotonic();
    if (issued === undefined || now >= issued.until) {
      issued = { token: await requestToken(client), until: now + RENEW_MS };
    }
    return issued.token;
  };
}

async function requestToken(client: KubeClient): Promise<string> {
  const request: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: PRUNER,
    spec: { expirationSeconds: LIFE_SECONDS },
  };
  try {
    const { status } = await client.create<TokenRequest>(SERVICE_ACCOUNTS, request, { subresource: 'token' });
    if (status?.token !== undefined) return status.token;
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'Forbidden')) throw error;
  }
  throw new CliError(
    'you must use a client config with a token: log in by "oc login", or let the service account ' +
      `${PRUNER.namespace}/${PRUNER.name} exist and ask for its tokens`,
  );
}
