import type { HttpPath } from '@longshore/apiserver';
import { publicJwk } from './signing-key.js';
import type { TokenIssuer } from './token-issuer.js';

/**
 * What others need for checking tokens of service accounts: `/.well-known/openid-configuration` and `/openid/v1/jwks`
 * (OpenID Connect Discovery 1.0, section 3).
 */
export async function tokenDiscoveryPaths(issuer: TokenIssuer, publicUrl: string): Promise<HttpPath[]> {
  const keys = JSON.stringify({ keys: [await publicJwk(issuer.key)] });
  const configuration = JSON.stringify({
    issuer: issuer.issuer,
    jwks_uri: `${publicUrl}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [issuer.key.algorithm],
  });
  const document = (path: string, mediaType: string, body: string): HttpPath => ({
    path,
    handle: (_, response) => {
      response.writeHead(200, { 'content-type': mediaType, 'cache-control': 'public, max-age=3600' }).end(body);
    },
  });
  return [
    document('/.well-known/openid-configuration', 'application/json', configuration),
    document('/openid/v1/jwks', 'application/jwk-set+json', keys),
  ];
}
