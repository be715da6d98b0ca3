import { join } from 'node:path';
import type { RunningCluster } from './cluster.js';
import { writeHtpasswd } from './htpasswd.js';
import { requestTo, type HttpResponse, type UserPassword } from './http.js';
import { temporaryFolder } from './temporary-folder.js';

/** Lets users log in to a cluster by passwords, as OpenShift's documents tell: a secret and an identity provider. */
export async function addUsers(cluster: RunningCluster, users: readonly UserPassword[]): Promise<void> {
  const file = join(temporaryFolder('htpasswd'), 'users');
  await writeHtpasswd(file, users);
  const secret = ['secret', 'generic', 'htpass', `--from-file=htpasswd=${file}`, '-n', 'openshift-config'];
  await cluster.kubectl(['create', ...secret]);
  const provider = {
    name: 'local',
    type: 'HTPasswd',
    mappingMethod: 'claim',
    htpasswd: { fileData: { name: 'htpass' } },
  };
  const patch = JSON.stringify({ spec: { identityProviders: [provider] } });
  await cluster.kubectl(['patch', 'oauth.config.openshift.io', 'cluster', '--type=merge', '-p', patch]);
}

/** What `oc login -u USER -p PASSWORD` sends to get a token, and the answer; without the user, its first request. */
export async function askForToken(cluster: RunningCluster, user?: UserPassword): Promise<HttpResponse> {
  const query = new URLSearchParams({
    client_id: 'openshift-challenging-client',
    response_type: 'token',
    redirect_uri: `${cluster.apiUrl}/oauth/token/implicit`,
  });
  const api = { url: cluster.apiUrl, ca: await cluster.ca(), ...(user && { user }) };
  return requestTo(api, `/oauth/authorize?${query.toString()}`, { headers: { 'x-csrf-token': '1' } });
}

/** A token of a user. Errors: the answer is none. */
export async function tokenOf(cluster: RunningCluster, name: string, password: string): Promise<string> {
  const answer = await askForToken(cluster, { name, password });
  const token = new URLSearchParams(answer.headers.location?.split('#')[1]).get('access_token');
  if (token === null) throw new Error(`no token for ${name}: ${answer.status} ${answer.body.toString()}`);
  return token;
}

/** The password of the administrator, which a new cluster tells once. */
export function kubeadminPassword(cluster: RunningCluster): string {
  return /password +(\S+)/.exec(cluster.process.output())?.[1] ?? '';
}
