/** The shape of ImageStreamImport (registry.md 3.9). */
import { s, type Fields } from '@longshore/apiserver';
import { imageField } from '../images/image-schema.js';
import { importPolicy, objectReference, referencePolicy, streamField } from '../streams/stream-schema.js';

const IMAGE_V1 = 'com.github.openshift.api.image.v1';

const source: Fields = {
  from: objectReference.describe('A DockerImage.').required(),
  importPolicy: importPolicy.describe('How it is imported.'),
  includeManifest: s.boolean('Whether the answer holds the manifests as text.'),
  referencePolicy: referencePolicy.describe('From where the images are pulled.'),
};

const target = s.shared('io.k8s.api.core.v1.LocalObjectReference', 'A name.', { name: s.string('The name.') });

const status = s.shared('io.k8s.apimachinery.pkg.apis.meta.v1.Status', 'How it went.', {
  apiVersion: s.string('The version of the object.'),
  code: s.int32('The HTTP status that goes with it.'),
  details: s.anyObject('What it is about.'),
  kind: s.string('The kind of the object.'),
  message: s.string('The reason in words.'),
  metadata: s.object('Of the status itself.', {}),
  reason: s.string('The reason in one word.'),
  status: s.string('Success or Failure.'),
});

const imageStatus = s.shared(`${IMAGE_V1}.ImageImportStatus`, 'What became of one image.', {
  image: imageField.describe('The image.'),
  manifests: s.listOf(imageField, 'The images of a list.'),
  status: status.describe('How it went.').required(),
  tag: s.string('The tag that it is for.'),
});

/** Of the kind, without its metadata. */
export const importFields: Fields = {
  spec: s
    .shared(`${IMAGE_V1}.ImageStreamImportSpec`, 'What to import.', {
      images: s.listOf(
        s.shared(`${IMAGE_V1}.ImageImportSpec`, 'An image to import.', {
          ...source,
          to: target.describe('The tag of the stream; default: that of the source.'),
        }),
        'Images to import.',
      ),
      import: s.boolean('False: tells what would be imported, and changes nothing.').default(false),
      repository: s.shared(`${IMAGE_V1}.RepositoryImportSpec`, 'A repository to import.', source),
    })
    .required(),
  status: s.shared(`${IMAGE_V1}.ImageStreamImportStatus`, 'What was found.', {
    images: s.listOf(imageStatus, 'The images, in the order in which they were asked for.'),
    import: streamField.describe('The stream as it became.'),
    repository: s.shared(`${IMAGE_V1}.RepositoryImportStatus`, 'What the repository has.', {
      additionalTags: s.strings('Tags that were not imported, because there are too many.'),
      images: s.listOf(imageStatus, 'The images.'),
      status: status.describe('How it went.'),
    }),
  }),
};
