/** Plays a script to two servers and reports every step whose answers differ in a byte or a sequence number. */
import { readLenenc } from '../support/bytes.ts';
import { explainPacket, type Labelled, labelPackets, rowTexts } from '../support/decode.ts';
import type { Answer, Endpoint } from '../support/raw-client.ts';
import { maskAlways } from './differences.ts';
import { type Played, Player, type Variant, variantName } from './player.ts';
import { describeStep, type Mask, type Script } from './script.ts';

export type Difference = Readonly<{
  script: string;
  variant: string;
  /** Place in the script, from 1; 0 is the login. */
  step: number;
  command: string;
  what: string;
  left: readonly string[];
  right: readonly string[];
}>;

export type CompareOptions = Readonly<{
  /** After so many differences a script is given up: later ones follow from the first. */
  differencesMax?: number;
}>;

/** Plays `script` to both servers at once, step by step. */
export async function playScript(
  script: Script,
  left: Endpoint,
  right: Endpoint,
  variant: Variant,
  { differencesMax = 3 }: CompareOptions = {},
): Promise<Difference[]> {
  const players = [new Player(left, script, variant), new Player(right, script, variant)] as const;
  const differences: Difference[] = [];
  const note = (step: number, command: string, found: Found | undefined) => {
    if (found)
      differences.push({ script: script.name, variant: variantName(variant), step, command, ...found });
  };
  try {
    const logins = await Promise.all(players.map((player) => player.login()));
    note(0, 'login', comparePlayed(logins[0]!, logins[1]!));
    for (const [index, step] of script.steps.entries()) {
      if (differences.length >= differencesMax) break;
      const played = await Promise.all(players.map((player) => player.play(step)));
      note(index + 1, describeStep(step), comparePlayed(played[0]!, played[1]!, step.mask));
    }
  } finally {
    await Promise.all(players.map((player) => player.close()));
  }
  return differences;
}

type Found = Readonly<{ what: string; left: readonly string[]; right: readonly string[] }>;

/** The first difference between two plays of a step, or undefined. */
export function comparePlayed(left: Played, right: Played, mask?: Mask): Found | undefined {
  if (left.failure !== right.failure || left.answers.length !== right.answers.length) {
    return {
      what: 'one side has no answer',
      left: [left.failure ?? 'answered', ...left.answers.flatMap(explain)],
      right: [right.failure ?? 'answered', ...right.answers.flatMap(explain)],
    };
  }
  if (left.failure !== undefined) {
    return { what: 'no answer on either side', left: [left.failure], right: [right.failure!] };
  }
  for (const [index, answer] of left.answers.entries()) {
    const what = compareAnswers(answer, right.answers[index]!, mask);
    if (what) return { what, left: explain(answer), right: explain(right.answers[index]!) };
  }
  return undefined;
}

function compareAnswers(left: Answer, right: Answer, mask: Mask | undefined): string | undefined {
  if (left.capabilities !== right.capabilities) {
    return `negotiated capabilities ${left.capabilities.toString(16)} and ${right.capabilities.toString(16)}`;
  }
  const labelled = [left, right].map((answer) =>
    labelPackets(answer.packets, answer.capabilities, answer.commandByte),
  ) as [Labelled[], Labelled[]];
  if (mask?.shapeOnly) {
    const [a, b] = labelled.map(shapeOf);
    return a === b ? undefined : `${a} and ${b}`;
  }
  const count = Math.min(labelled[0].length, labelled[1].length);
  for (let i = 0; i < count; i += 1) {
    const what = comparePayloads(labelled[0][i]!, labelled[1][i]!, mask);
    if (what) return `packet ${i + 1}: ${what}`;
  }
  if (labelled[0].length !== labelled[1].length) {
    return `${labelled[0].length} packets and ${labelled[1].length}`;
  }
  // Within compressed frames mysqld numbers packets anew with each flush, and nobody looks at the numbers.
  if (left.compressed && right.compressed) return compareEnds(left, right);
  const sequences = left.packets.findIndex(
    ({ sequence }, index) => sequence !== right.packets[index]?.sequence,
  );
  if (sequences >= 0) {
    const numbers = [left, right].map(({ packets }) => packets[sequences]?.sequence);
    return `packet ${sequences + 1}: sequence ${numbers[0]} and ${numbers[1]}`;
  }
  return compareEnds(left, right);
}

function compareEnds(left: Answer, right: Answer): string | undefined {
  if (left.closed !== right.closed)
    return `connection ${left.closed ? 'closed' : 'open'} and ${right.closed ? 'closed' : 'open'}`;
  return undefined;
}

/** The kinds of packets, rows counted as one. */
const shapeOf = (packets: readonly Labelled[]): string =>
  packets
    .map(({ role }) => role)
    .filter((role, index, roles) => !role.endsWith('Row') || roles[index - 1] !== role)
    .join(' ');

function comparePayloads(left: Labelled, right: Labelled, mask: Mask | undefined): string | undefined {
  if (left.role !== right.role) return `${left.role} and ${right.role}`;
  const [a, b] = [canonical(left, mask), canonical(right, mask)];
  if (a.equals(b)) return undefined;
  const at = firstDifference(a, b);
  const near = (bytes: Buffer) => bytes.toString('hex', Math.max(0, at - 4), at + 12);
  return `first differing byte ${at} of ${a.length} and ${b.length}: …${near(a)}… and …${near(b)}…`;
}

function canonical(packet: Labelled, mask: Mask | undefined): Buffer {
  const isRow = packet.role === 'textRow' || packet.role === 'binaryRow';
  if (isRow && mask?.columns) {
    const values = rowTexts(packet).map((value, index) =>
      value !== null && mask.columns!.includes(packet.columns[index]!.name) ? '(masked)' : value,
    );
    return Buffer.from(JSON.stringify(values));
  }
  const payload = clearFlags(maskAlways(packet), packet.role, mask?.statusFlags);
  if (!mask?.text) return payload;
  return Buffer.from(payload.toString('latin1').replaceAll(mask.text, '(masked)'), 'latin1');
}

/** Clears status flags in a classic EOF or an OK packet. */
function clearFlags(payload: Buffer, role: string, flags = 0): Buffer {
  if (flags === 0 || (role !== 'ok' && role !== 'eof')) return payload;
  const copy = Buffer.from(payload);
  const at =
    payload.length === 5 && payload[0] === 0xfe ? 3 : readLenenc(copy, readLenenc(copy, 1).next).next;
  copy.writeUInt16LE(copy.readUInt16LE(at) & ~flags, at);
  return copy;
}

function firstDifference(a: Buffer, b: Buffer): number {
  const count = Math.min(a.length, b.length);
  let at = 0;
  while (at < count && a[at] === b[at]) at += 1;
  return at;
}

const linesMax = 24;

function explain(answer: Answer): string[] {
  const lines: string[] = [];
  try {
    for (const packet of labelPackets(answer.packets, answer.capabilities, answer.commandByte)) {
      lines.push(explainPacket(packet, answer.capabilities));
    }
  } catch (error) {
    lines.push(`not decodable: ${(error as Error).message}`);
  }
  if (answer.closed) lines.push('(connection closed)');
  return lines;
}

/** Differences as a person reads them. */
export function reportDifferences(
  differences: readonly Difference[],
  names: readonly [string, string],
): string {
  return differences
    .map(({ script, variant, step, command, what, left, right }) => {
      const unequal = left.findIndex((line, index) => line !== right[index]);
      const from = Math.max(0, unequal - 3);
      const cut = (lines: readonly string[]) =>
        lines
          .slice(from, from + linesMax)
          .map((line, index) => `    ${index + from === unequal ? '>' : ' '} ${line}`)
          .join('\n');
      return (
        `${script}, step ${step} (${variant}): ${command}\n  ${what}\n` +
        `  ${names[0]}:\n${cut(left)}\n  ${names[1]}:\n${cut(right)}`
      );
    })
    .join('\n\n');
}
