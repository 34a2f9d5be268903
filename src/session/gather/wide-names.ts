/** Names in column definitions under `character_set_results` of two or four bytes for each character. */

/** How names go into UTF-8 and back. */
export type WideNames = Readonly<{ narrow: (name: Buffer) => Buffer; wide: (name: Buffer) => Buffer }>;

const CATALOG = 'def';

const littleEndian: WideNames = {
  narrow: (name) => Buffer.from(name.toString('utf16le')),
  wide: (name) => Buffer.from(name.toString(), 'utf16le'),
};

const bigEndian: WideNames = {
  narrow: (name) => Buffer.from(Buffer.from(name).swap16().toString('utf16le')),
  wide: (name) => Buffer.from(name.toString(), 'utf16le').swap16(),
};

const fourBytes: WideNames = {
  narrow: (name) => {
    const points = Array.from({ length: name.length / 4 }, (_, at) => name.readUInt32BE(4 * at));
    return Buffer.from(String.fromCodePoint(...points));
  },
  wide: (name) => {
    const points = [...name.toString()].map((character) => character.codePointAt(0)!);
    const bytes = Buffer.alloc(4 * points.length);
    for (const [at, point] of points.entries()) bytes.writeUInt32BE(point, 4 * at);
    return bytes;
  },
};

const all = [bigEndian, littleEndian, fourBytes].map((names) => ({
  names,
  catalog: names.wide(Buffer.from(CATALOG)),
}));

/** By the catalog, which is the same everywhere; undefined: a byte is a character of ASCII. */
export const wideNames = (catalog: Buffer): WideNames | undefined =>
  catalog.length === CATALOG.length
    ? undefined
    : all.find(({ catalog: written }) => written.equals(catalog))?.names;
