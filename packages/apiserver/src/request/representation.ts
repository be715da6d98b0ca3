import { badRequest, type KubeObject, type ListMeta } from '@longshore/kube';
import type { Item } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { Printer } from '../table/table.js';
import type { Wanted } from './media-type.js';

/** How objects are written into answers: as they are, as metadata only, or as rows of a table. */
export interface Representation {
  /** What is written in forms of this name is the same for all who asked for it; undefined where it is not. */
  readonly name: string | undefined;
  /** One object as a document of its own; `isFirst` when no table came before it on the same watch. */
  single(item: Item, isFirst: boolean): Buffer | string;
  /** What stands before the items of a list, and what stands behind them. */
  listHead(): string;
  item(item: Item): Buffer | string;
  listTail(meta: ListMeta): string;
}

/** `query`: for `includeObject` of tables. Errors: `BadRequest`. */
export function representation(
  resource: Resource,
  wanted: Wanted,
  query: URLSearchParams,
  now: () => Date,
): Representation {
  switch (wanted.as) {
    case 'Table':
      return new AsTable(resource, `meta.k8s.io/${wanted.metaVersion}`, includedObject(query), now);
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return new AsMetadata(`meta.k8s.io/${wanted.metaVersion}`);
    case 'objects':
      return new AsObjects(resource);
  }
}

function listStart(kind: string, apiVersion: string, field: string, before = ''): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},${before}"${field}":[`;
}

// The metadata comes last, because what it says is known only when the items have been read.
const listEnd = (meta: ListMeta) => `],"metadata":${JSON.stringify(meta)}}`;

class AsObjects implements Representation {
  readonly name = 'objects';

  constructor(private readonly resource: Resource) {}

  single(item: Item): Buffer {
    return item.encode();
  }

  listHead(): string {
    return listStart(this.resource.listKind, this.resource.groupVersion, 'items');
  }

  item(item: Item): Buffer {
    return item.encodeInList();
  }

  listTail(meta: ListMeta): string {
    return listEnd(meta);
  }
}

function partial({ metadata }: KubeObject, apiVersion: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata };
}

class AsMetadata implements Representation {
  constructor(private readonly apiVersion: string) {}

  get name(): string {
    return `metadata ${this.apiVersion}`;
  }

  single({ object }: Item): string {
    return JSON.stringify(partial(object, this.apiVersion));
  }

  listHead(): string {
    return listStart('PartialObjectMetadataList', this.apiVersion, 'items');
  }

  item(item: Item): string {
    return this.single(item);
  }

  listTail(meta: ListMeta): string {
    return listEnd(meta);
  }
}

type IncludedObject = 'None' | 'Metadata' | 'Object';

function includedObject(query: URLSearchParams): IncludedObject {
  const given = query.get('includeObject') ?? '';
  if (given === '') return 'Metadata';
  if (given === 'None' || given === 'Metadata' || given === 'Object') return given;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(given)}`);
}

const printers = new WeakMap<Resource, Printer>();

function printerOf(resource: Resource): Printer {
  const known = printers.get(resource);
  if (known !== undefined) return known;
  const printer = new Printer(resource.definition);
  printers.set(resource, printer);
  return printer;
}

class AsTable implements Representation {
  /** The first tells the columns, and cells tell how old objects are by now. */
  readonly name = undefined;
  private readonly printer: Printer;

  constructor(
    resource: Resource,
    private readonly apiVersion: string,
    private readonly included: IncludedObject,
    private readonly now: () => Date,
  ) {
    this.printer = printerOf(resource);
  }

  single(item: Item, isFirst: boolean): string {
    const { resourceVersion = '' } = item.object.metadata;
    const columns = isFirst ? this.columns() : '"columnDefinitions":null,';
    return listStart('Table', this.apiVersion, 'rows', columns) + this.item(item) + listEnd({ resourceVersion });
  }

  listHead(): string {
    return listStart('Table', this.apiVersion, 'rows', this.columns());
  }

  item(item: Item): string {
    const cells = JSON.stringify(this.printer.cells(item.object, this.now()));
    return `{"cells":${cells},"object":${this.object(item)}}`;
  }

  listTail(meta: ListMeta): string {
    return listEnd(meta);
  }

  private columns(): string {
    return `"columnDefinitions":${JSON.stringify(this.printer.columns)},`;
  }

  private object(item: Item): string {
    switch (this.included) {
      case 'None':
        return 'null';
      case 'Metadata':
        return JSON.stringify(partial(item.object, this.apiVersion));
      case 'Object':
        return item.encode().toString();
    }
  }
}
