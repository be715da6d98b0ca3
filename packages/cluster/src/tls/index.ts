export { type KeyPair } from './certificate.js';
export { CertificateError, ClusterCertificates, type CertificateOptions } from './cluster-certificates.js';
export { writeKubeconfig, type KubeconfigContent } from './kubeconfig-file.js';
export { renewServingCertificate, secureContext, type RenewalOptions } from './renewal.js';
export { servingNames } from './serving-names.js';
