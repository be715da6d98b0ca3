/** The manifests of deploy/ on a real API server: what kubectl applies brings up the operator as a pod with its own rights. */
import { Agent } from 'node:https';
import { join } from 'node:path';
import { findConnection, HttpTransport, KubeClient, type ResourceType } from '@longshore/kube';
import type { Config } from '@longshore/operator';
import { requestTo, startCluster, type RunningCluster } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const NAMESPACE = 'openshift-image-registry';
const OPERATOR = 'cluster-image-registry-operator';
const IMAGE = 'registry.example.com/longshore:1';
const SOON = { timeout: 30_000, interval: 100 };

const CONFIGS: ResourceType = { group: 'imageregistry.operator.openshift.io', version: 'v1', resource: 'configs' };

let cluster: RunningCluster;
let admin: KubeClient;

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const inNamespace = (...args: string[]) => kubectl('-n', NAMESPACE, ...args);
const fileArguments = (...files: string[]) => files.flatMap((file) => ['-f', join(DEPLOY, file)]);
const config = () => admin.find<Config>(CONFIGS, 'cluster');
const patchConfig = (spec: object) => admin.patch(CONFIGS, 'cluster', { type: 'merge', patch: { spec } });

/** `True Ready`, once the operator has seen the Config as it is. */
async function conditionOf(name: string): Promise<string> {
  const found = await config();
  if (found?.status?.observedGeneration !== found?.metadata.generation) return 'not seen';
  const condition = found?.status?.conditions?.find(({ type }) => type === name);
  return `${condition?.status} ${condition?.reason}`;
}

beforeAll(async () => {
  cluster = await startCluster({ operator: true });
  admin = new KubeClient(new HttpTransport(await findConnection({ kubeconfig: cluster.kubeconfig })));
  // This cluster has the operator already, by other manifests.
  await kubectl('delete', ...fileArguments('kubernetes/2-rights.yaml', 'kubernetes/3-operator.yaml'), '--timeout=30s');
  await kubectl('apply', ...fileArguments('crds', 'kubernetes'));
}, 60_000);
afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
});

describe('kubectl apply -f deploy/', () => {
  it('brings up an operator, which brings up the registry', { timeout: 90_000 }, async () => {
    await inNamespace('rollout', 'status', `deployment/${OPERATOR}`, '--timeout=40s');
    await patchConfig({ logLevel: 'Debug' });
    await expect.poll(() => conditionOf('Progressing'), SOON).toBe('False Ready');
    expect(await conditionOf('Available')).toBe('True Ready');
    const image = await inNamespace('get', 'deployment/image-registry', '-o', 'jsonpath={..containers[0].image}');
    expect(image).toBe(IMAGE);
    const available = 'jsonpath={.status.conditions[?(@.type=="Available")].status}';
    await expect.poll(() => kubectl('get', 'clusteroperator/image-registry', '-o', available), SOON).toBe('True');
    expect(await inNamespace('logs', `deployment/${OPERATOR}`)).not.toMatch(/forbidden/i);
  });

  it('lets Prometheus ask the operator', async () => {
    const ip = await inNamespace('get', 'pods', '-l', `name=${OPERATOR}`, '-o', 'jsonpath={.items[0].status.podIP}');
    // It has no Secret, so its certificate is its own.
    const agent = new Agent({ rejectUnauthorized: false });
    const ask = async (path: string) => (await requestTo({ url: `https://${ip}:60000`, agent }, path)).body.toString();
    const text = await ask('/metrics');
    expect(text).toContain('image_registry_storage_type{storage="PVC"} 1\n');
    expect(text).toContain('image_registry_operator_image_pruner_install_status 2\n');
    expect(text).toContain('image_registry_operator_condition{condition="Available",reason="Ready"} 1\n');
    expect(text).toContain('image_registry_image_stream_tags_total{source="pushed",location="other"} 0\n');
    expect(await ask('/readyz')).toBe('ok\n');
  });

  it('prunes images by a job', { timeout: 60_000 }, async () => {
    await inNamespace('create', 'job', 'prune-now', '--from=cronjob/image-pruner');
    await inNamespace('wait', 'job/prune-now', '--for=condition=Complete', '--timeout=40s');
    expect(await inNamespace('logs', 'job/prune-now')).toContain('Summary: deleted 0 objects');
  });
});
