import { CliError } from '../../cli-error.js';

/** The graph server of the vendor, which `UPDATE_URL_OVERRIDE` replaces, as for oc-mirror (mirror.md 5.1). */
const GRAPH_SERVER = 'https://api.openshift.com/api/upgrades_info/v1/graph';

/** Who is asked for graphs of updates. Errors: CliError for a variable that is no URL. */
export function graphServer(env: NodeJS.ProcessEnv): string {
  const url = env['UPDATE_URL_OVERRIDE'] || GRAPH_SERVER;
  if (URL.canParse(url)) return url;
  throw new CliError('UPDATE_URL_OVERRIDE is no URL', 2);
}
