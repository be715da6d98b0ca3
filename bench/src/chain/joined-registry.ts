import { join } from 'node:path';
import { ClusterProcess } from '../apiserver/cluster-process.js';
import type { Target } from '../generators/raw-connection.js';
import { versionOf, type Contender } from '../servers/contender.js';
import { cleanEnvironment, RunningServer } from '../servers/running-server.js';
import { authorizationOf } from '../servers/server-config.js';
import { postJson } from './api-request.js';

/** The project that all images of the benchmarks belong to. */
export const project = 'bench';

/** The log of a benchmark's stand-alone registry, for the one in a cluster. */
const quiet = { REGISTRY_LOG_LEVEL: 'error', REGISTRY_LOG_ACCESSLOG_DISABLED: 'true' };

/** The registry of `longshore up`, pushed to and pulled from by a service account with the role `system:image-builder`. */
export function joinedRegistry(root: string): Contender {
  return {
    side: 'subject',
    label: 'in a cluster',
    version: `Longshore ${versionOf(root)} in a cluster`,
    async start(workspace, { storageRoot }) {
      const env = { ...cleanEnvironment(), ...quiet };
      const cluster = await ClusterProcess.start(join(root, 'packages/cli/dist/main.js'), storageRoot, env);
      try {
        const user = { name: 'bench', password: await createPusher(cluster.target) };
        const target = { port: cluster.registryPort, authorization: authorizationOf(user), caFile: undefined };
        const dir = await workspace.scratch('server');
        return new RunningServer(cluster.child, target, user, join(storageRoot, 'registry'), dir, cluster.target);
      } catch (error) {
        await cluster.stop();
        throw error;
      }
    },
  };
}

/** Makes the project and who pushes to it; returns a token. */
async function createPusher(api: Target): Promise<string> {
  const core = `/api/v1/namespaces`;
  await postJson(api, core, { kind: 'Namespace', apiVersion: 'v1', metadata: { name: project } });
  const account = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'pusher' } };
  await postJson(api, `${core}/${project}/serviceaccounts`, account);
  await postJson(api, `/apis/rbac.authorization.k8s.io/v1/namespaces/${project}/rolebindings`, {
    kind: 'RoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name: 'pusher' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:image-builder' },
    subjects: [{ kind: 'ServiceAccount', name: 'pusher', namespace: project }],
  });
  const request = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 86_400 } };
  const answer = await postJson(api, `${core}/${project}/serviceaccounts/pusher/token`, request);
  return (answer as { status: { token: string } }).status.token;
}
