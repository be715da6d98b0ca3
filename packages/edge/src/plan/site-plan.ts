import type { SiteExpectation } from '../verify/expectation.js';
import { butaneText } from './butane-text.js';
import { diskSvg } from './disk-svg.js';
import { diskText } from './disk-text.js';
import { ignitionOf } from './ignition-text.js';
import { installFragment, nodeFields } from './install-objects.js';
import type { Intent } from './intent.js';
import { type DiskLayout, layoutDisk } from './layout.js';
import { manifestPath, policyGenerator, policyGenTemplate } from './policy-objects.js';
import { checkPolicyNames, REGISTRY, type RegistryPart, registryParts } from './registry-storage.js';
import { roundedGiB } from './size.js';
import { yamlText } from './yaml-text.js';

/** Everything that follows from an intent, each part agreeing with the others. */
export interface SitePlan {
  intent: Intent;
  layout: DiskLayout;
  /** The node's Ignition, one line of JSON and a line feed. */
  ignition: string;
  parts: RegistryPart[];
  expectation: SiteExpectation;
  /** Text of each file by its relative path. */
  files: Map<string, string>;
}

/**
 * Plans a site: pure, equal intents give equal bytes.
 * @throws PlanError
 */
export function planSite(intent: Intent): SitePlan {
  const layout = layoutDisk(intent);
  const parts = registryParts(intent, layout);
  checkPolicyNames(intent, parts);
  const butane = butaneText(intent, layout);
  const ignition = ignitionOf(butane);
  const expectation = expectationOf(intent, layout, parts, ignition);
  const files = new Map([
    ['disk.svg', diskSvg(layout)],
    ['disk.txt', diskText(layout)],
    [`${intent.target}.yaml`, installText(intent, layout, ignition)],
    ['storage.bu', butane],
    ['storage.ign', ignition],
    ['verification.json', `${JSON.stringify(expectation, undefined, 2)}\n`],
  ]);
  if (parts.length > 0) {
    files.set('policygentemplate.yaml', yamlText(policyGenTemplate(intent, parts)));
    files.set('policygenerator.yaml', yamlText(policyGenerator(intent, parts)));
    for (const part of parts) files.set(manifestPath(part), yamlText(part.object));
  }
  return { intent, layout, ignition, parts, expectation, files };
}

const KINDS = { siteconfig: 'SiteConfig', clusterinstance: 'ClusterInstance' } as const;

function installText(intent: Intent, layout: DiskLayout, ignition: string): string {
  const head = `# Fields for the ${KINDS[intent.target]} of ${intent.cluster}; "longshore edge plan --into" puts them there.`;
  return `${head}\n${yamlText(installFragment(intent, nodeFields(intent, layout, ignition)))}`;
}

function expectationOf(intent: Intent, layout: DiskLayout, parts: RegistryPart[], ignition: string): SiteExpectation {
  const { site, cluster, node, disk } = intent;
  const volume = parts.find(({ fileName }) => fileName === 'ImageRegistryPV.yaml')?.object as
    { spec: { capacity: { storage: string }; local: { path: string } } } | undefined;
  return {
    version: 1,
    site,
    cluster,
    ...(node === undefined ? {} : { node }),
    disk,
    ignition: JSON.parse(ignition) as unknown,
    ...(layout.rootMiB === undefined ? {} : { rootGiB: roundedGiB(layout.rootMiB) }),
    partitions: layout.partitions.map(({ label, mountPoint, mountOptions, actualMiB }) => ({
      label,
      mountPoint,
      ...(actualMiB === undefined ? {} : { sizeGiB: roundedGiB(actualMiB) }),
      mountOptions: [...mountOptions],
    })),
    ...(volume === undefined
      ? {}
      : { registry: { ...REGISTRY, storage: volume.spec.capacity.storage, path: volume.spec.local.path } }),
    policies: parts.map(({ policyName }) => `${intent.namespace}.${intent.policyName}-${policyName}`),
  };
}
