import type { TemplateModel } from './policy-model.js';
import type { ClusterModel } from './site-model.js';

/** Which clusters a template's policies are for, found without looking at all clusters for each template. */
export class Bindings {
  private readonly byLabel = new Map<string, ClusterModel[]>();
  /** Fragments, as documentation prints them, say no labels: they may belong to any template. */
  private readonly unlabelled: ClusterModel[] = [];

  constructor(private readonly clusters: readonly ClusterModel[]) {
    for (const cluster of clusters) {
      if (cluster.labels === undefined) this.unlabelled.push(cluster);
      for (const [key, value] of cluster.labels ?? []) {
        const pair = `${key}=${value}`;
        const known = this.byLabel.get(pair);
        if (known === undefined) this.byLabel.set(pair, [cluster]);
        else known.push(cluster);
      }
    }
  }

  /** The clusters that the rules of a template select; of a fragment without rules, all. */
  clustersOf(template: TemplateModel | undefined): readonly ClusterModel[] {
    const rules = template?.bindingRules;
    if (rules === undefined) return this.clusters;
    const plain = [...rules].find(([, value]) => value !== '' && !value.includes(','));
    const candidates =
      plain === undefined
        ? this.clusters
        : [...(this.byLabel.get(`${plain[0]}=${plain[1]}`) ?? []), ...this.unlabelled];
    return candidates.filter(({ labels }) => labels === undefined || selects(rules, labels));
  }
}

/** An empty value asks for the label only; commas stand between allowed values (edge.md 4.3). */
function selects(rules: ReadonlyMap<string, string>, labels: ReadonlyMap<string, string>): boolean {
  return [...rules].every(([key, value]) => {
    const label = labels.get(key);
    return label !== undefined && (value === '' || value.split(',').includes(label));
  });
}
