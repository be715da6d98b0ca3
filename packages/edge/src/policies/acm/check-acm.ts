import { Findings } from '../../generators/findings.js';
import { Decoder } from '../../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../../yaml/document.js';
import type { Fields } from '../../yaml/value.js';
import type { PolicyFindings } from '../check-template.js';
import { PolicyError } from '../policy-error.js';
import { POLICY_RULES } from '../policy-rules.js';
import { generateAcm } from './generate-acm.js';
import type { BaseFolder } from './manifests.js';
import { policyGenerator, type PolicyGenerator } from './policy-generator-config.js';

/** What a PolicyGenerator makes; nothing when something is wrong with it. */
interface CheckedGenerator {
  generator: PolicyGenerator | undefined;
  objects: Fields[];
  findings: PolicyFindings;
}

/** Reads a PolicyGenerator and makes its objects; what is wrong with it stands in the findings, with places. Never throws. */
export function checkAcm(file: string, text: string, base: BaseFolder): CheckedGenerator {
  const findings: PolicyFindings = new Findings(file, text, POLICY_RULES);
  const decoder = new Decoder({ lenient: true });
  const generator = findings.attempt('PG001', () => {
    const root = readFirstDocument(new YamlSource(text));
    return root === undefined ? undefined : decoder.read(policyGenerator, root);
  });
  findings.issues(decoder.issues, { type: 'PG002', duplicate: 'PG002', unknown: 'PG003', rule: 'PG002' });
  if (generator === undefined || findings.hasErrors) return { generator, objects: [], findings };
  try {
    return { generator, objects: generateAcm(generator, base), findings };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    findings.at('PG024', error.path, error.message);
    return { generator, objects: [], findings };
  }
}
