import { entriesAt, itemsAt, stringAt, type TreeNode } from '../diagnostics/tree.js';
import { parseYamlTrees } from '../diagnostics/yaml-tree.js';
import { type NodeFields, nodeFields } from './install-objects.js';
import type { Intent } from './intent.js';
import { mergedOverride } from './override-merge.js';
import { PlanError } from './plan-error.js';
import { policyGenTemplate, sourceFileEntry } from './policy-objects.js';
import type { SitePlan } from './site-plan.js';
import type { Wanted } from './wanted.js';
import { mergeIntoYaml } from './yaml-merge.js';
import { yamlText } from './yaml-text.js';

/** A YAML file of a checkout; its path is relative and has slashes. */
export interface CheckoutFile {
  path: string;
  text: string;
}

interface FoundDocument {
  file: CheckoutFile;
  /** Which document of the file. */
  index: number;
  root: TreeNode;
}

/**
 * The files that must change, or come to be, so that a checkout holds the plan: the node's fields in the SiteConfig or
 * ClusterInstance of the cluster, the Butane file beside it, the registry's entries in the PolicyGenTemplate, and the
 * kustomization that lists it. Empty when everything is there.
 * @throws PlanError when the cluster, or its node, is not found or found twice
 */
export function checkoutChanges(files: readonly CheckoutFile[], plan: SitePlan): CheckoutFile[] {
  const documents = files.flatMap(documentsOf);
  const install = installDocument(documents, plan.intent);
  const after = new Map<string, string>();
  const put = (path: string, text: string) => after.set(path, text);
  put(install.file.path, withNodeFields(install, plan));
  put(`${folderOf(install.file.path)}${plan.intent.cluster}-storage.bu`, plan.files.get('storage.bu') ?? '');
  if (plan.parts.length > 0) putPolicies(documents, install, plan, put);
  return [...after]
    .filter(([path, text]) => files.find((file) => file.path === path)?.text !== text)
    .map(([path, text]) => ({ path, text }));
}

function documentsOf(file: CheckoutFile): FoundDocument[] {
  // Most files of a checkout are of no interest, and reading them is what costs.
  if (!/SiteConfig|ClusterInstance|PolicyGenTemplate|Kustomization|generators:/.test(file.text)) return [];
  return parseYamlTrees(file.text).flatMap(({ root }, index) => (root === undefined ? [] : { file, index, root }));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function installDocument(documents: readonly FoundDocument[], { cluster }: Intent): FoundDocument {
  const found = documents.filter(({ root }) => clusterNode(root, cluster) !== undefined);
  const [first, second] = found;
  if (first === undefined)
    throw new PlanError(`no SiteConfig or ClusterInstance of the checkout has the cluster ${cluster}`);
  if (second !== undefined) {
    throw new PlanError(`the cluster ${cluster} is in ${first.file.path} and in ${second.file.path}; which is meant?`);
  }
  return first;
}

/** The part of a SiteConfig or ClusterInstance that is about a cluster. */
function clusterNode(root: TreeNode, cluster: string): TreeNode | undefined {
  if (stringAt(root, 'kind') === 'SiteConfig') {
    return itemsAt(root, 'spec', 'clusters').find((item) => stringAt(item, 'clusterName') === cluster);
  }
  const isInstance = stringAt(root, 'kind') === 'ClusterInstance' && stringAt(root, 'spec', 'clusterName') === cluster;
  return isInstance ? root : undefined;
}

function withNodeFields({ file, index, root }: FoundDocument, plan: SitePlan): string {
  const { intent, layout } = plan;
  const isSiteConfig = stringAt(root, 'kind') === 'SiteConfig';
  const holder = clusterNode(root, intent.cluster);
  const nodes = isSiteConfig ? itemsAt(holder, 'nodes') : itemsAt(holder, 'spec', 'nodes');
  const node = chosenNode(nodes, intent, file.path);
  const hostName = stringAt(node, 'hostName') ?? '';
  const override = mergedOverride(stringAt(node, 'ignitionConfigOverride'), plan);
  const fields = nodeFields(intent, layout, override, stringAt(node, 'installerArgs'));
  const wantedNodes: Wanted = { items: [{ hostName, ...wantedFields(fields) }], by: ['hostName'], areThere: true };
  const spec: { [key: string]: Wanted } = isSiteConfig
    ? {
        clusters: { items: [{ clusterName: intent.cluster, nodes: wantedNodes }], by: ['clusterName'], areThere: true },
      }
    : { nodes: wantedNodes };
  return mergeIntoYaml(file.text, index, { spec });
}

function wantedFields({ rootDeviceHints, installerArgs, ignitionConfigOverride }: NodeFields): {
  [key: string]: Wanted;
} {
  return {
    rootDeviceHints: { ...rootDeviceHints },
    ...(installerArgs === undefined ? {} : { installerArgs }),
    ignitionConfigOverride,
  };
}

function chosenNode(nodes: readonly TreeNode[], { node, cluster }: Intent, path: string): TreeNode {
  const named = nodes.filter((item) => node === undefined || stringAt(item, 'hostName') === node);
  const [first, second] = named;
  if (first === undefined) {
    throw new PlanError(
      node === undefined
        ? `${path}: the cluster ${cluster} has no nodes`
        : `${path}: the cluster ${cluster} has no node ${node}`,
    );
  }
  if (second !== undefined)
    throw new PlanError(`${path}: the cluster ${cluster} has ${named.length} nodes; say which one`, 'node');
  if (stringAt(first, 'hostName') === undefined) throw new PlanError(`${path}: the node of ${cluster} has no hostName`);
  return first;
}

function putPolicies(
  documents: readonly FoundDocument[],
  install: FoundDocument,
  { intent, parts }: SitePlan,
  put: (path: string, text: string) => void,
): void {
  const templates = documents.filter(({ root }) => stringAt(root, 'kind') === 'PolicyGenTemplate');
  const own = templates.find(
    ({ root }) =>
      stringAt(root, 'metadata', 'name') === intent.policyName &&
      stringAt(root, 'metadata', 'namespace') === intent.namespace,
  );
  if (own !== undefined) {
    const items = parts.map((part) => JSON.parse(JSON.stringify(sourceFileEntry(part))) as { [key: string]: Wanted });
    const wanted = { spec: { sourceFiles: { items, by: ['fileName', 'policyName'] } } };
    put(own.file.path, mergeIntoYaml(own.file.text, own.index, wanted));
    return;
  }
  const folder = folderOf(templates[0]?.file.path ?? install.file.path);
  const name = `${intent.policyName}-image-registry.yaml`;
  put(`${folder}${name}`, yamlText(policyGenTemplate(intent, parts)));
  const list = documents.find(({ file, root }) => folderOf(file.path) === folder && isKustomization(file.path, root));
  if (list !== undefined) {
    put(list.file.path, mergeIntoYaml(list.file.text, list.index, { generators: { items: [name], by: [] } }));
  }
}

function isKustomization(path: string, root: TreeNode): boolean {
  return /(^|\/)kustomization\.ya?ml$/.test(path) && entriesAt(root).length > 0;
}
