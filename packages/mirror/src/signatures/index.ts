/** Who vouches for a release. */
export { LARGEST_KEYRING } from './keyring.js';
export { releaseSignatures, signedDigest } from './release-signatures.js';
export {
  LARGEST_SIGNATURE_FILE,
  parseSignatureConfigMap,
  signatureConfigMap,
  signatureFileName,
  type SignatureFileFormat,
} from './signature-config-map.js';
export { memoryStore } from './signature-store.js';
