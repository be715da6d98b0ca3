import type { Check } from './check.js';
import type { Evidence } from './evidence.js';
import type { SiteExpectation } from './expectation.js';
import { blockDeviceChecks, filesystemChecks, growthCheck } from './node-checks.js';
import { hostCheck, loginCheck, policyChecks, registryChecks } from './object-checks.js';

/** What a verification has found, in the order of V1 to V11. */
export interface VerificationReport {
  cluster: string;
  /** `fits` only when everything fits; `unseen` when nothing differs but something that counts was not collected. */
  verdict: 'fits' | 'differs' | 'unseen';
  checks: Check[];
  unread: Evidence['unread'];
}

/** Holds what is known of a site against its plan (edge.md 5). Pure. */
export function verifySite(expectation: SiteExpectation, evidence: Evidence): VerificationReport {
  const checks = [
    hostCheck(expectation, evidence),
    ...blockDeviceChecks(expectation, evidence),
    ...filesystemChecks(expectation, evidence),
    ...registryChecks(expectation, evidence),
    ...loginCheck(expectation, evidence),
    ...growthCheck(expectation, evidence),
    ...policyChecks(expectation, evidence),
  ];
  const has = (status: Check['status']) => checks.some((check) => check.status === status && !check.optional);
  const differs = checks.some(({ status }) => status === 'differs');
  const verdict = differs ? 'differs' : has('unseen') ? 'unseen' : 'fits';
  return { cluster: expectation.cluster, verdict, checks, unread: evidence.unread };
}
