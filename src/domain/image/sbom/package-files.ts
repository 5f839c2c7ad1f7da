/** A package as a file of an image tells of it. */
export type FoundPackage = {
  readonly type: "deb" | "apk" | "pypi" | "npm";
  /** With the scope, of npm. */
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
};

/** Of a name or a version; bills of materials have no longer versions. */
const MAX_LENGTH = 1024;

type Reader = (text: string) => readonly FoundPackage[];

/** Files that tell of packages, by where they lie; the first that fits counts. */
const READERS: readonly (readonly [place: RegExp, read: Reader])[] = [
  [/^var\/lib\/dpkg\/status$/, (text) => paragraphs(text).flatMap(debianPackage)],
  [/^var\/lib\/dpkg\/status\.d\/[^/]+$/, (text) => paragraphs(text).flatMap(debianPackage)],
  [/^(?:usr\/)?lib\/apk\/db\/installed$/, (text) => paragraphs(text).flatMap(alpinePackage)],
  [/\.dist-info\/METADATA$/, pythonPackage],
  [/\.egg-info\/PKG-INFO$/, pythonPackage],
  [/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/, nodePackage],
];

export function readerOf(path: string): Reader | undefined {
  return READERS.find(([place]) => place.test(path))?.[1];
}

type Fields = ReadonlyMap<string, string>;

/** Blocks of `Name: value` lines; lines that go on begin with a blank. */
function paragraphs(text: string): Fields[] {
  return text
    .split(/\n[ \t]*\n/)
    .map(fieldsOf)
    .filter(({ size }) => size > 0);
}

function fieldsOf(block: string): Fields {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([A-Za-z][\w-]*):(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value.trim());
  }
  return fields;
}

/** In one file a package is told of for as long as its settings are there; then it is not installed any more. */
function debianPackage(fields: Fields): FoundPackage[] {
  const status = fields.get("Status");
  if (status !== undefined && !status.endsWith(" installed")) return [];
  return found("deb", fields.get("Package"), {
    version: fields.get("Version"),
    architecture: fields.get("Architecture"),
  });
}

function alpinePackage(fields: Fields): FoundPackage[] {
  return found("apk", fields.get("P"), { version: fields.get("V"), architecture: fields.get("A") });
}

function pythonPackage(text: string): FoundPackage[] {
  const [head = ""] = text.split(/\n\r?\n/, 1);
  const fields = fieldsOf(head);
  return found("pypi", fields.get("Name"), { version: fields.get("Version") });
}

function nodePackage(text: string): FoundPackage[] {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("name" in value) || !("version" in value)) return [];
  const { name, version } = value;
  return typeof name === "string" && typeof version === "string" ? found("npm", name, { version }) : [];
}

type Rest = { readonly version: string | undefined; readonly architecture?: string | undefined };

function found(type: FoundPackage["type"], name: string | undefined, { version, architecture }: Rest): FoundPackage[] {
  if (name === undefined || name === "" || version === undefined || version === "") return [];
  for (const text of [name, version]) {
    if (text.length > MAX_LENGTH || !text.isWellFormed()) throw new RangeError("This is no name or version.");
  }
  return [{ type, name, version, ...(architecture === undefined ? {} : { architecture }) }];
}
