import type { PolicyFindings } from './check-template.js';
import type { PolicyGenTemplate } from './policy-gen-template.js';

/** Rules that bind no cluster, or all of them (edge.md 4.3). */
export function checkBinding({ metadata, spec }: PolicyGenTemplate, findings: PolicyFindings): void {
  const { bindingRules, bindingExcludedRules, sourceFiles } = spec;
  const hasPolicies = spec.wrapInPolicy && sourceFiles.some(({ policyName }) => policyName !== '');
  if (hasPolicies && Object.keys(bindingRules).length + Object.keys(bindingExcludedRules).length === 0) {
    findings.at('PG013', ['spec'], 'without bindingRules the policies are for all clusters', 'add bindingRules');
  }
  for (const [key, value] of Object.entries(bindingExcludedRules)) {
    const bound = bindingRules[key];
    if (bound === undefined) continue;
    const excluded = value.split(',');
    const left = bound.split(',').filter((one) => !excluded.includes(one));
    if (value !== '' && (bound === '' || left.length === bound.split(',').length)) continue;
    const what =
      left.length === 0 || value === '' ? 'all that bindingRules bind' : `a part of what bindingRules bind, ${bound}`;
    findings.at(
      'PG014',
      ['spec', 'bindingExcludedRules', key],
      `this excludes ${what}`,
      'remove the values from one of the two',
    );
  }
  const longest = `${metadata.namespace}.${metadata.name}-placementbinding`;
  if (hasPolicies && longest.length > 63) {
    findings.at('PG015', ['metadata', 'name'], `${longest} has ${longest.length} characters, at most 63 are possible`);
  }
}
