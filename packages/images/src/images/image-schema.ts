/** Shapes of images and their signatures, as kinds of their own and as parts of others (registry.md 3.1, 3.2). */
import { objectMetaField, s, type Fields } from '@longshore/apiserver';

const IMAGE_V1 = 'com.github.openshift.api.image.v1';

const typeFields: Fields = {
  apiVersion: s.string('The version of the object.'),
  kind: s.string('The kind of the object.'),
};

const condition = s.shared(`${IMAGE_V1}.SignatureCondition`, 'What was found out about a signature.', {
  lastProbeTime: s.time('When it was looked at last.'),
  lastTransitionTime: s.time('When the status changed last.'),
  message: s.string('The reason in words.'),
  reason: s.string('The reason in one word.'),
  status: s.string('True, False or Unknown.').required(),
  type: s.string('Trusted, ForImage, Expired or Revoked.').required(),
});

const party: Fields = {
  commonName: s.string('Its common name.'),
  organization: s.string('Its organization.'),
};

/** Of the kind ImageSignature, without its metadata. */
export const signatureFields: Fields = {
  conditions: s.listOf(condition, 'What was found out about it.').mergeBy('type'),
  content: s.bytes('The signature itself.').required(),
  created: s.time('When it was made, as it says itself.'),
  imageIdentity: s.string('The image that it signs, as it says itself.'),
  issuedBy: s.shared(`${IMAGE_V1}.SignatureIssuer`, 'Who issued the key or certificate.', party),
  issuedTo: s.shared(`${IMAGE_V1}.SignatureSubject`, 'To whom the key or certificate was issued.', {
    ...party,
    publicKeyID: s.string('The identifier of the public key.').required(),
  }),
  signedClaims: s.stringMap('What else it claims.'),
  type: s.string('AtomicImageV1.').required(),
};

const signature = s.shared(`${IMAGE_V1}.ImageSignature`, 'A signature of an image.', {
  ...typeFields,
  metadata: objectMetaField.describe('Its name is <image>@<signature>.'),
  ...signatureFields,
});

const layer = s.shared(`${IMAGE_V1}.ImageLayer`, 'A layer of an image.', {
  mediaType: s.string('Its media type.'),
  name: s.string('Its digest.').required(),
  size: s.int64('Its size in bytes.').default(0),
});

const manifest = s.shared(`${IMAGE_V1}.ImageManifest`, 'An image of a list.', {
  architecture: s.string('The architecture for which it is, or unknown.'),
  digest: s.string('Its digest.'),
  manifestSize: s.int64('The size of its manifest in bytes.').default(0),
  mediaType: s.string('The media type of its manifest.'),
  os: s.string('The operating system for which it is, or unknown.'),
  variant: s.string('The variant of the architecture.'),
});

/** Of the kind Image, without its metadata. */
export const imageFields: Fields = {
  dockerImageConfig: s.string('The configuration; empty when the registry stores it.'),
  dockerImageLayers: s.listOf(layer, 'The layers, the lowest first; of images that are no lists.').atomic(),
  dockerImageManifest: s.string('The manifest; empty when the registry stores it.'),
  dockerImageManifestMediaType: s.string('The media type of the manifest.'),
  dockerImageManifests: s.listOf(manifest, 'The images of a list.').atomic(),
  dockerImageMetadata: s.anyObject('What the configuration says, as a DockerImage.'),
  dockerImageMetadataVersion: s.string('The version of the DockerImage.').default('1.0'),
  dockerImageReference: s.string('From where the image can be pulled.').required(),
  dockerImageSignatures: s.listOf(s.bytes(''), 'Signatures of Docker schema 1.').atomic(),
  signatures: s.listOf(signature, 'Signatures of the image.').atomic(),
};

/** An image as a part of another object. */
export const imageField = s.shared(`${IMAGE_V1}.Image`, 'An image; its name is the digest of its manifest.', {
  ...typeFields,
  metadata: objectMetaField,
  ...imageFields,
});
