/** Comparing an installed site with its plan. */
export { collectEvidence, type SiteReaders } from './collect-evidence.js';
export { collectScript } from './collect-script.js';
export type { CollectedFile } from './evidence.js';
export type { SiteExpectation } from './expectation.js';
export { kubeClusterReader, NodeCommandError } from './kube-cluster-reader.js';
export { ExpectationError, readExpectation } from './read-expectation.js';
export { verifySite, type VerificationReport } from './verify-site.js';
export { verificationText } from './verify-text.js';
