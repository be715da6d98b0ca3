/**
 * The image and the signature that a name `<image>@<signature>` tells (registry.md 3.2); undefined when it is no such name.
 * Neither part holds an `@`.
 */
export function parseSignatureName(name: string): { image: string; signature: string } | undefined {
  const [image = '', signature = '', ...rest] = name.split('@');
  return image === '' || signature === '' || rest.length > 0 ? undefined : { image, signature };
}
