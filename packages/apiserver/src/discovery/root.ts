import { JSON_OBJECTS } from '../request/media-type.js';
import type { Exchange } from '../request/exchange.js';
import type { HttpPath } from '../request/http-path.js';
import type { Resources } from '../resources/resources.js';

const SERVICE_PATHS = ['/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

/** Answers `/` with all paths that there are (`metav1.RootPaths`). Resolves with false for other paths. */
export async function answerRoot(
  exchange: Exchange,
  resources: Resources,
  others: readonly HttpPath[],
): Promise<boolean> {
  if (exchange.info.path !== '/') return false;
  const versions = new Set<string>();
  for (const { groupVersion, definition } of resources.all()) {
    if (definition.group === '') versions.add('/api').add(`/api/${groupVersion}`);
    else versions.add('/apis').add(`/apis/${definition.group}`).add(`/apis/${groupVersion}`);
  }
  const paths = [...versions, ...SERVICE_PATHS, ...others.map(({ path }) => path)].sort();
  await exchange.sendJson(200, JSON.stringify({ paths }), JSON_OBJECTS);
  return true;
}
