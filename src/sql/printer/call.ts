/** Calls and casts as text. */
import type {
  Call,
  Cast,
  CastType,
  ConvertUsing,
  JsonOnResponse,
  JsonPath,
  JsonValue,
  MatchAgainst,
  OdbcExpression,
} from '../ast/expression.ts';
import { expressionList, printExpression, printLiteral } from './expression.ts';
import { printAlias } from './query.ts';
import { printOrderItems, printOver } from './window.ts';
import type { Writer } from './writer.ts';

type Special = Call | Cast | ConvertUsing | JsonPath | JsonValue | MatchAgainst | OdbcExpression;

/** Nodes with a syntax of their own. */
export function printSpecial(out: Writer, node: Special): void {
  switch (node.kind) {
    case 'call':
      printCall(out, node);
      break;
    case 'cast':
      out.write('CAST(');
      printExpression(out, node.operand);
      if (node.timeZone !== undefined) {
        out.write(' AT TIME ZONE ');
        printLiteral(out, node.timeZone);
      }
      out.write(' AS ');
      printCastType(out, node.type);
      out.write(')');
      break;
    case 'convertUsing':
      out.write('CONVERT(');
      printExpression(out, node.operand);
      out.write(' USING ');
      printCharset(out, node.charset);
      out.write(')');
      break;
    case 'jsonPath':
      printExpression(out, node.column);
      out.write(node.unquote ? '->>' : '->');
      printLiteral(out, node.path);
      break;
    case 'jsonValue':
      printJsonValue(out, node);
      break;
    case 'match':
      printMatch(out, node);
      break;
    case 'odbcExpression':
      out.write('{');
      out.name(node.name);
      out.write(' ');
      printExpression(out, node.operand);
      out.write('}');
      break;
  }
}

function printCharset(out: Writer, charset: string): void {
  if (charset === 'default') out.write('DEFAULT');
  else if (charset === 'binary') out.write('BINARY');
  else out.name(charset);
}

/** A type of CAST, CONVERT, RETURNING, WEIGHT_STRING. */
export function printCastType(out: Writer, type: CastType): void {
  out.write(type.name.toUpperCase());
  if (type.length !== undefined) {
    out.write(`(${type.length}${type.decimals === undefined ? '' : `, ${type.decimals}`})`);
  }
  if (type.charset !== undefined) out.write(` ${type.charset}`);
  if (type.isArray) out.write(' ARRAY');
}

function printCall(out: Writer, call: Call): void {
  if (call.schema !== undefined) out.qualifier(call.schema);
  if (call.builtin) out.write(call.name.toUpperCase());
  else out.name(call.name);
  if (!call.bare) {
    out.write('(');
    printArguments(out, call);
    out.write(')');
  }
  if (call.fromLast) out.write(' FROM LAST');
  if (call.nulls !== undefined) out.write(` ${call.nulls.toUpperCase()} NULLS`);
  if (call.over === undefined) return;
  out.write(' OVER ');
  printOver(out, call.over);
}

/** Keywords that stand between arguments instead of a comma. */
function separatorOf(call: Call): string {
  if (!call.builtin) return ', ';
  if (call.name === 'trim') return ' FROM ';
  return call.name === 'position' ? ' IN ' : ', ';
}

function printArguments(out: Writer, call: Call): void {
  if (call.distinct) out.write('DISTINCT ');
  if (call.star) out.write('*');
  const isBehind = call.name === 'json_arrayagg';
  if (call.modifier !== undefined && !isBehind) {
    out.write(call.modifier.toUpperCase());
    if (call.name === 'extract' || (call.name === 'trim' && call.args.length === 1)) out.write(' FROM ');
    else out.write(call.name === 'trim' ? ' ' : ', ');
  }
  const separator = separatorOf(call);
  for (let i = 0; i < call.args.length; i++) {
    if (i > 0) out.write(separator);
    // POSITION's first argument ends at IN.
    const isBounded = separator === ' IN ' && i === 0;
    if (isBounded) out.write('(');
    printExpression(out, call.args[i]!);
    printAlias(out, call.aliases[i]);
    if (isBounded) out.write(')');
  }
  if (call.modifier !== undefined && isBehind) out.write(` ${call.modifier.toUpperCase()}`);
  if (call.orderBy.length > 0) {
    out.write(' ');
    printOrderItems(out, call.orderBy);
  }
  if (call.separator !== undefined) {
    out.write(' SEPARATOR ');
    printLiteral(out, call.separator);
  }
  if (call.charset !== undefined) {
    out.write(' USING ');
    printCharset(out, call.charset);
  }
  if (call.castType !== undefined) {
    out.write(' AS ');
    printCastType(out, call.castType);
  }
}

function printJsonValue(out: Writer, node: JsonValue): void {
  out.write('JSON_VALUE(');
  expressionList(out, [node.document, node.path]);
  if (node.returning !== undefined) {
    out.write(' RETURNING ');
    printCastType(out, node.returning);
  }
  printOnResponses(out, node.onEmpty, node.onError);
  out.write(')');
}

/** ON EMPTY and ON ERROR with a blank before each. */
export function printOnResponses(
  out: Writer,
  onEmpty: JsonOnResponse | undefined,
  onError: JsonOnResponse | undefined,
): void {
  if (onEmpty !== undefined) printOnResponse(out, onEmpty, 'EMPTY');
  if (onError !== undefined) printOnResponse(out, onError, 'ERROR');
}

function printOnResponse(out: Writer, { response, value }: JsonOnResponse, situation: string): void {
  out.write(` ${response.toUpperCase()} `);
  if (value !== undefined) {
    printExpression(out, value);
    out.write(' ');
  }
  out.write(`ON ${situation}`);
}

const matchModes: Readonly<Record<MatchAgainst['mode'], string>> = {
  default: '',
  boolean: ' IN BOOLEAN MODE',
  naturalLanguage: ' IN NATURAL LANGUAGE MODE',
  naturalLanguageExpansion: ' IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION',
  expansion: ' WITH QUERY EXPANSION',
};

function printMatch(out: Writer, node: MatchAgainst): void {
  out.write('MATCH (');
  expressionList(out, node.columns);
  out.write(') AGAINST ((');
  // AGAINST takes no IN, so that anything but a plain operand needs parentheses; an operand may have them.
  printExpression(out, node.against);
  out.write(`)${matchModes[node.mode]})`);
}
