import { describe, expect, it } from 'vitest';
import type { Facts } from '../decide/facts.js';
import { CLUSTER, RESOURCES } from '../names.js';
import { ModelCluster } from '../testing/model-cluster.js';
import { OperatorMetrics } from './operator-metrics.js';

const linesOf = async (metrics: OperatorMetrics) =>
  (await metrics.render()).split('\n').filter((line) => line.startsWith('image_registry_'));
const seen = (storage?: Facts['storage'], pruner: Facts['pruner'] = 'enabled') => ({
  facts: { pruner, ...(storage && { storage }) },
  conditions: [],
});
const claim = { kind: 'PVC', unit: 'PVC a' };
const otherClaim = { kind: 'PVC', unit: 'PVC b' };
const bucket = { kind: 'S3', unit: 'S3 bucket' };

describe('the metrics of the operator', () => {
  it.each<[string, (Facts['storage'] | undefined)[], number]>([
    ['the same storage again', [claim, claim], 0],
    ['another claim', [claim, otherClaim, otherClaim], 1],
    ['another kind, and back', [claim, bucket, claim], 2],
    ['a first storage', [undefined, claim], 0],
    ['a storage after a removal', [claim, undefined, bucket], 0],
  ])('count %s as often as it is a switch', async (_, storages, count) => {
    const metrics = new OperatorMetrics();
    for (const storage of storages) metrics.observe(seen(storage));
    const lines = await linesOf(metrics);
    expect(lines).toContain(`image_registry_operator_storage_reconfigured_total ${count}`);
    const kinds = lines.filter((line) => line.startsWith('image_registry_storage_type'));
    expect(kinds).toEqual([`image_registry_storage_type{storage="${storages.at(-1)?.kind}"} 1`]);
  });

  it.each<[Facts['pruner'], number]>([
    ['missing', 0],
    ['suspended', 1],
    ['enabled', 2],
  ])('tell of a pruner that is %s', async (pruner, value) => {
    const metrics = new OperatorMetrics();
    metrics.observe(seen(undefined, pruner));
    expect(await linesOf(metrics)).toContain(`image_registry_operator_image_pruner_install_status ${value}`);
  });

  it('tell what the operator decides, and nothing once another one works', async () => {
    const cluster = new ModelCluster();
    cluster.settle();
    const metrics = new OperatorMetrics();
    metrics.observe(cluster.decide());
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'image_registry_operator_condition{condition="Available",reason="Removed"} 1',
        'image_registry_operator_condition{condition="Progressing",reason="Removed"} 0',
        'image_registry_operator_image_pruner_install_status 2',
      ]),
    );
    const config = cluster.get(RESOURCES.configs, CLUSTER);
    if (config === undefined) throw new Error('the operator made no Config');
    const spec = { ...(config['spec'] as object), managementState: 'Managed', storage: { emptyDir: {} } };
    cluster.put(RESOURCES.configs, { ...config, spec });
    cluster.settle();
    metrics.observe(cluster.decide());
    const lines = await linesOf(metrics);
    expect(lines).toContain('image_registry_storage_type{storage="EmptyDir"} 1');
    expect(lines.join('\n')).not.toContain('reason="Removed"');
    metrics.observeTags([{ source: 'pushed', location: 'other', count: 3 }]);
    expect(await linesOf(metrics)).toContain(
      'image_registry_image_stream_tags_total{source="pushed",location="other"} 3',
    );
    metrics.forget();
    expect(await linesOf(metrics)).toEqual([
      'image_registry_operator_storage_reconfigured_total 0',
      'image_registry_operator_image_pruner_install_status 0',
    ]);
  });
});
