/**
 * JSON documents as SQL that makes the same documents again. What their text cannot say (a DECIMAL, a date, bytes) is put into the text's
 * document by JSON_SET.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type JsonNode, readJson } from './json-document.ts';

/** What a document's text, read again, has at a path. */
type Found = Readonly<{ path: string; node: JsonNode; type: string | undefined }>;

const INTEGER_MAX = 2n ** 63n - 1n;
/** Digits of a double that can matter. */
const DOUBLE_DIGITS_MAX = 17;
/** Bytes that were a VARBINARY: the one kind that literals have. */
const BYTES_PREFIX = 'base64:type15:';

/**
 * SQL for a document that came with its types (`jsonSource`). Throws HG_NOT_COPYABLE for bytes of another type than VARBINARY, which
 * nothing makes again.
 */
export function jsonWithTypes(envelope: string): string {
  const [rootType, memberTypes, elementTypes, text] = readEnvelope(envelope);
  const root = readJson(text);
  const found: Found[] = [{ path: '$', node: root, type: typeName(rootType) }];
  const members = memberTypes[Symbol.iterator]();
  const elements = elementTypes[Symbol.iterator]();
  collect(root, '$', {
    member: (path, node) => found.push({ path, node, type: typeName(members.next().value) }),
    element: (path, node) => found.push({ path, node, type: typeName(elements.next().value) }),
  });
  if (members.next().done !== true || elements.next().done !== true) throw unlike();
  return documentSql(text, found);
}

/** SQL for a document of which only the text is known: it prints as the same text again. */
export function jsonAsText(text: string): string {
  if (!/\d\.\d*0(?!\d)|\d{17}/.test(text)) return literal(text);
  const root = readJson(text);
  const found: Found[] = [];
  const push = (path: string, node: JsonNode): void => {
    found.push({ path, node, type: node.kind === 'number' && isDecimal(node.text) ? 'DECIMAL' : undefined });
  };
  push('$', root);
  collect(root, '$', { member: push, element: push });
  return documentSql(text, found);
}

/** Whether MySQL prints no double so: with zeros at the end, with more digits than a double has, or so small without an exponent. */
function isDecimal(text: string): boolean {
  if (!text.includes('.') || /e/i.test(text)) return false;
  const digits = text.replace(/^-?0*\.?0*|\./g, '').length;
  return digits > DOUBLE_DIGITS_MAX || /\.\d+0$|\.0{16}/.test(text);
}

type Envelope = readonly [string | null, readonly (string | null)[], readonly (string | null)[], string];

function readEnvelope(envelope: string): Envelope {
  const [root, members, elements, text] = JSON.parse(envelope) as [
    string | null,
    readonly (string | null)[] | null,
    readonly (string | null)[] | null,
    string,
  ];
  return [root, members ?? [], elements ?? [], text];
}

/** JSON's null among members and elements has no type, at the root it is 'NULL'. */
function typeName(type: string | null | undefined): string {
  if (type === undefined) throw unlike();
  return type ?? 'NULL';
}

const unlike = (): HeadgateError =>
  new HeadgateError('HG_INTERNAL', { detail: 'the types that came with a JSON document are not its own' });

type Visitor = Readonly<{
  member(path: string, node: JsonNode): void;
  element(path: string, node: JsonNode): void;
}>;

/** All of a node's children, then what is in them: the order of `**`. */
function collect(node: JsonNode, path: string, visitor: Visitor): void {
  if (node.kind === 'object') {
    const children = node.members.map(([key, child]) => [`${path}.${JSON.stringify(key)}`, child] as const);
    for (const [at, child] of children) visitor.member(at, child);
    for (const [at, child] of children) collect(child, at, visitor);
  } else if (node.kind === 'array') {
    for (const [at, child] of node.elements.entries()) visitor.element(`${path}[${at}]`, child);
    for (const [at, child] of node.elements.entries()) collect(child, `${path}[${at}]`, visitor);
  }
}

function documentSql(text: string, found: readonly Found[]): string {
  const special = found.filter(({ node, type }) => type !== undefined && type !== plainType(node));
  if (special.length === 0) return literal(text);
  if (special[0]!.path === '$') return `CAST(${valueSql(special[0]!)} AS JSON)`;
  const changes = special.map((one) => `${literal(one.path)}, ${valueSql(one)}`);
  return `JSON_SET(${literal(text)}, ${changes.join(', ')})`;
}

/** The type that a value has when it is read from text. */
function plainType(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return 'OBJECT';
    case 'array':
      return 'ARRAY';
    case 'string':
      return 'STRING';
    case 'word':
      return node.text === 'null' ? 'NULL' : 'BOOLEAN';
    default:
      if (/[.eE]/.test(node.text)) return 'DOUBLE';
      return BigInt(node.text) > INTEGER_MAX ? 'UNSIGNED INTEGER' : 'INTEGER';
  }
}

function valueSql({ node, type }: Found): string {
  if (node.kind === 'number') {
    if (type === 'DECIMAL') return decimalSql(node.text);
    if (type === 'UNSIGNED INTEGER') return `CAST(${node.text} AS UNSIGNED)`;
  } else if (node.kind === 'string') {
    if (type === 'DATE' || type === 'TIME') return `${type}${literal(node.value)}`;
    if (type === 'DATETIME') return `TIMESTAMP${literal(node.value)}`;
    if (node.value.startsWith(BYTES_PREFIX)) return bytesSql(node.value.slice(BYTES_PREFIX.length));
  }
  throw new HeadgateError('HG_NOT_COPYABLE', { detail: `a JSON document has a value of type ${type}` });
}

function decimalSql(text: string): string {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const precision = Math.max(1, whole.replace(/^0+/, '').length + fraction.length);
  return `CAST('${text}' AS DECIMAL(${precision},${fraction.length}))`;
}

const bytesSql = (base64: string): string => `x'${Buffer.from(base64, 'base64').toString('hex')}'`;

/** A literal of characters, whatever the connection's character set is. */
const literal = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
