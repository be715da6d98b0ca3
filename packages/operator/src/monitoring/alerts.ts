/** What Prometheus is to compute and to tell (operator.md 4.6). */
export interface RuleGroup {
  name: string;
  rules: (Alert | Recording)[];
}

interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string };
}

interface Recording {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

const PART_OF = { kubernetes_operator_part_of: 'image-registry' };

const storageAlert = (alert: string, code: string, summary: string, remedy: string): Alert => ({
  alert,
  expr: `sum without(instance, pod, operation) (rate(imageregistry_storage_errors_total{code="${code}"}[5m])) > 0`,
  for: '10m',
  labels: { severity: 'warning', ...PART_OF },
  annotations: {
    summary,
    description: `Pushes fail, and images pulled through the registry are not kept. ${remedy}`,
  },
});

const ALERTS: RuleGroup = {
  name: 'ImageRegistryAlerts',
  rules: [
    storageAlert(
      'ImageRegistryStorageReadOnly',
      'READ_ONLY_FILESYSTEM',
      'The storage of the image registry is read-only.',
      'Make the volume of the registry writable.',
    ),
    storageAlert(
      'ImageRegistryStorageFull',
      'DEVICE_OUT_OF_SPACE',
      'The storage of the image registry is full.',
      'Prune images, or enlarge the volume of the registry.',
    ),
  ],
};

const information = (alert: string, expr: string, wait: string | undefined, summary: string, description: string) => ({
  alert,
  expr,
  ...(wait !== undefined && { for: wait }),
  labels: { severity: 'info', ...PART_OF },
  annotations: { summary, description },
});

/** Of these, some think that they tell of no fault: they are asked for (operator.md 4.6). */
export const OPTIONAL_ALERTS: RuleGroup = {
  name: 'ImageRegistryOptionalAlerts',
  rules: [
    information(
      'ImageRegistryRemoved',
      'max(image_registry_operator_condition{condition="Available",reason="Removed"}) == 1',
      '5m',
      'The image registry is removed.',
      'Tags of image streams and builds that use it do not work. Set spec.storage and managementState Managed in configs.imageregistry.operator.openshift.io/cluster.',
    ),
    information(
      'ImagePruningDisabled',
      'max(image_registry_operator_image_pruner_install_status) < 2',
      '5m',
      'Images are not pruned.',
      'Storage grows until images are pruned. Set spec.suspend to false in imagepruners.imageregistry.operator.openshift.io/cluster.',
    ),
    information(
      'ImageRegistryStorageReconfigured',
      'sum(increase(image_registry_operator_storage_reconfigured_total[30m])) > 0',
      undefined,
      'The image registry has another storage than before.',
      'Images are not copied from one storage to another: pull and push those that are missing, or go back to the old storage.',
    ),
  ],
};

const operations = (operation: string, type: string, method: string): Recording => ({
  record: 'imageregistry:operations_count:sum',
  expr: `sum(imageregistry_request_duration_seconds_count{operation="${method}"})`,
  labels: { operation, resource_type: type },
});

const RECORDINGS: RuleGroup = {
  name: 'ImageRegistryTotals',
  rules: [
    operations('get', 'blob', 'BlobStore.ServeBlob'),
    operations('create', 'blob', 'BlobStore.Create'),
    operations('get', 'manifest', 'ManifestService.Get'),
    operations('create', 'manifest', 'ManifestService.Put'),
    {
      record: 'imageregistry:imagestreamtags_count:sum',
      expr: 'sum by(location, source) (image_registry_image_stream_tags_total)',
    },
  ],
};

/** Alerts and recordings; `withOptional`: also alerts that are only to inform. */
export function ruleGroups(withOptional: boolean): RuleGroup[] {
  return [ALERTS, ...(withOptional ? [OPTIONAL_ALERTS] : []), RECORDINGS];
}
