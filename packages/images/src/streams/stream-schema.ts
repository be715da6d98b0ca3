/** Shapes of image streams and of what is computed from them (registry.md 3.3, 3.6). */
import { objectMetaField, s, type Fields } from '@longshore/apiserver';

const IMAGE_V1 = 'com.github.openshift.api.image.v1';

/** What a tag is made from. */
export const objectReference = s.shared('io.k8s.api.core.v1.ObjectReference', 'Another object.', {
  apiVersion: s.string('Its version.'),
  fieldPath: s.string('A part of it.'),
  kind: s.string('Its kind.'),
  name: s.string('Its name.'),
  namespace: s.string('Its namespace.'),
  resourceVersion: s.string('Its version.'),
  uid: s.string('Its UID.'),
});

export const importPolicy = s.shared(`${IMAGE_V1}.TagImportPolicy`, 'How a tag is imported.', {
  importMode: s.string('Legacy: one image of a list. PreserveOriginal: the list with all its images.'),
  insecure: s.boolean(
    'Whether the registry may be spoken to without TLS, or with a certificate that nobody vouches for.',
  ),
  scheduled: s.boolean('Whether it is imported again and again.'),
});

export const referencePolicy = s.shared(`${IMAGE_V1}.TagReferencePolicy`, 'From where the image is pulled.', {
  type: s.string('Source: from where it came. Local: through the registry of the cluster.'),
});

export const lookupPolicy = s.shared(`${IMAGE_V1}.ImageLookupPolicy`, 'Who may name the stream by its short name.', {
  local: s.boolean('Whether pods of the same namespace may write stream:tag as their image.').default(false),
});

export const tagReference = s.shared(`${IMAGE_V1}.TagReference`, 'What a tag should be.', {
  annotations: s.stringMap('What people and catalogs should know of it.').with({ nullable: true }),
  from: objectReference.describe('From where the image comes: an ImageStreamTag, ImageStreamImage or DockerImage.'),
  generation: s
    .int64('The generation of the stream that last changed it; write 0 to have it imported again.')
    .with({ nullable: true }),
  importPolicy: importPolicy.describe('How it is imported.'),
  name: s.string('The tag.').required(),
  reference: s.boolean('Whether only the pull specification is noted, and nothing imported.'),
  referencePolicy: referencePolicy.describe('From where the image is pulled.'),
});

const tagEvent = s.shared(`${IMAGE_V1}.TagEvent`, 'What a tag was.', {
  created: s.time('When it became that.').required(),
  dockerImageReference: s.string('From where the image can be pulled.').required(),
  generation: s.int64('The generation of the stream when it became that.').default(0),
  image: s.string('The digest of the image.').default(''),
});

export const tagEventCondition = s.shared(`${IMAGE_V1}.TagEventCondition`, 'One aspect of the state of a tag.', {
  generation: s.int64('The generation of the tag that it is about.').default(0),
  lastTransitionTime: s.time('When the status changed last.'),
  message: s.string('The reason in words.'),
  reason: s.string('The reason in one word.'),
  status: s.string('True, False or Unknown.').required(),
  type: s.string('ImportSuccess.').required(),
});

export const tagEventList = s.shared(`${IMAGE_V1}.NamedTagEventList`, 'What a tag is and was.', {
  conditions: s.listOf(tagEventCondition, 'How it is.'),
  items: s.listOf(tagEvent, 'The newest first.').with({ nullable: true }),
  tag: s.string('The tag.').required(),
});

const spec = s.shared(`${IMAGE_V1}.ImageStreamSpec`, 'What the tags should be.', {
  dockerImageRepository: s.string('A repository to import as a whole. Deprecated: use tags.'),
  lookupPolicy: lookupPolicy.describe('Who may name the stream by its short name.'),
  tags: s.listOf(tagReference, 'The tags.'),
});

const status = s.shared(`${IMAGE_V1}.ImageStreamStatus`, 'What the tags are.', {
  dockerImageRepository: s.string('Where the images of the stream are in the registry of the cluster.').default(''),
  publicDockerImageRepository: s.string('The same for who is outside of the cluster.'),
  tags: s.listOf(tagEventList, 'The tags.'),
});

export const streamFields: Fields = { spec, status };

/** A stream as a part of another object. */
export const streamField = s.shared(`${IMAGE_V1}.ImageStream`, 'An image stream.', {
  apiVersion: s.string('The version of the object.'),
  kind: s.string('The kind of the object.'),
  metadata: objectMetaField,
  ...streamFields,
});
