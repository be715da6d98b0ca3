import type { Path } from '../yaml/decode.js';
import type { SiteFindings } from './check-site.js';
import { clusterTemplates, NODE_KINDS } from './cluster-templates.js';
import type { SiteCluster, SiteConfig, SiteNode, SiteSpec } from './site-config.js';

/** Kinds that templates, annotations and suppression name: only those that are generated at their level have an effect. */
export function checkKinds({ spec, apiVersion }: SiteConfig, findings: SiteFindings): void {
  const kinds = new Set(clusterTemplates(apiVersion.endsWith('/v1') ? 'v1' : 'v2', false).map(({ kind }) => kind));
  checkLevel(spec, kinds, ['spec'], findings);
  spec.clusters.forEach((cluster, c) => {
    const path = ['spec', 'clusters', c];
    checkLevel(cluster, kinds, path, findings);
    checkLost([cluster, spec], ['spec'], findings);
    cluster.nodes.forEach((node, n) => {
      checkLevel(node, NODE_KINDS, [...path, 'nodes', n], findings);
      checkLost([node, cluster], path, findings);
    });
  });
}

type Level = Pick<SiteSpec, 'crTemplates' | 'crAnnotations'> & Partial<Pick<SiteCluster, 'crSuppression'>>;

function checkLevel(level: Level, kinds: ReadonlySet<string>, path: Path, findings: SiteFindings): void {
  const fix = `one of ${[...kinds].join(', ')}`;
  for (const kind of Object.keys(level.crTemplates)) {
    if (!kinds.has(kind)) findings.at('SC014', [...path, 'crTemplates', kind], `no ${kind} is generated here`, fix);
  }
  for (const kind of Object.keys(level.crAnnotations.add)) {
    if (!kinds.has(kind))
      findings.at('SC015', [...path, 'crAnnotations', 'add', kind], `no ${kind} is generated here`, fix);
  }
  (level.crSuppression ?? []).forEach((kind, index) => {
    const at = [...path, 'crSuppression', index];
    if (!kinds.has(kind)) findings.at('SC015', at, `no ${kind} is generated here`, fix);
    else if (kinds !== NODE_KINDS && NODE_KINDS.has(kind)) {
      findings.at('SC015', at, `a ${kind} is only suppressed at its node`, 'write it into crSuppression of the nodes');
    }
  });
}

/** Levels are not merged: annotations of the outer one that the nearer one does not repeat are lost. */
function checkLost(
  [nearer, outer]: [SiteNode | SiteCluster, SiteCluster | SiteSpec],
  path: Path,
  findings: SiteFindings,
): void {
  for (const [kind, annotations] of Object.entries(outer.crAnnotations.add)) {
    const own = nearer.crAnnotations.add[kind];
    if (own === undefined) continue;
    const lost = Object.keys(annotations).filter((key) => !(key in own));
    if (lost.length === 0) continue;
    const message = `${lost.join(', ')} is lost where a nearer level has annotations for ${kind}`;
    findings.at('SC025', [...path, 'crAnnotations', 'add', kind], message, 'repeat it at the nearer level');
  }
}
