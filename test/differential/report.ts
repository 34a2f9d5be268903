/** The sums of a run, and its differences as a person reads them. */
import { type Allowed, allowed } from './differences.ts';
import type { CaseResult } from './run.ts';

type Counts = { equal: number; refused: number; differs: number };

export type Found = Readonly<{ result: CaseResult; shards: number; statement: number; what: string }>;

const newCounts = (): Counts => ({ equal: 0, refused: 0, differs: 0 });

/** Counts results as they come. Each case counts once per cluster. */
export class Report {
  cases = 0;
  failed = 0;
  readonly unstable: CaseResult[] = [];
  readonly found: Found[] = [];
  readonly total = newCounts();
  readonly #topics = new Map<string, Counts>();
  readonly #refusals = new Map<string, { count: number; example: string }>();
  readonly #allowed = new Map<Allowed, number>();

  readonly add = (result: CaseResult): void => {
    this.cases += 1;
    if (result.failed) this.failed += 1;
    if (result.unstable !== undefined) this.unstable.push(result);
    const topic = this.#topics.get(result.case.topic) ?? newCounts();
    this.#topics.set(result.case.topic, topic);
    for (const { shards, verdict, statement } of result.clusters) {
      topic[verdict.kind] += 1;
      this.total[verdict.kind] += 1;
      if (verdict.kind === 'differs') this.found.push({ result, shards, statement, what: verdict.what });
      else if (verdict.kind === 'refused')
        this.#refuse(verdict, result.case.statements[statement]?.sql ?? '');
      else for (const name of verdict.allowed) this.#allowed.set(name, (this.#allowed.get(name) ?? 0) + 1);
    }
  };

  /** The share of answers that were refused among all cases whose topic matches; their number must not be 0. */
  refusedShare(topic: RegExp): number {
    let [refused, answers] = [0, 0];
    for (const [name, counts] of this.#topics) {
      if (!topic.test(name)) continue;
      refused += counts.refused;
      answers += counts.equal + counts.refused + counts.differs;
    }
    if (answers === 0) throw new Error(`no case is about ${topic}`);
    return refused / answers;
  }

  /** How many answers were refused, by reason; the first refused statement of each as an example. */
  get refusals(): ReadonlyMap<string, Readonly<{ count: number; example: string }>> {
    return this.#refusals;
  }

  #refuse({ code, message }: { code: string; message: string }, example: string): void {
    const reason = `${code}: ${message.replace(/`[^`]*`|'[^']*'|\([^)]*\)|\d+/g, '…')}`;
    const known = this.#refusals.get(reason);
    if (known) known.count += 1;
    else this.#refusals.set(reason, { count: 1, example });
  }

  summary(): string {
    const { equal, refused, differs } = this.total;
    const answers = equal + refused + differs;
    const share = (part: number, whole: number): string =>
      `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
    const lines = [
      `${this.cases} cases (in ${this.failed}, ${share(this.failed, this.cases)}, MySQL itself reports an error), ${answers} answers compared:`,
      `  ${equal} equal, ${refused} refused (${share(refused, answers)}), ${differs} different`,
      '',
      'topic                          equal  refused  different',
      ...[...this.#topics]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(
          ([topic, counts]) =>
            `${topic.padEnd(28)} ${String(counts.equal).padStart(7)}  ${String(counts.refused).padStart(7)}  ${String(counts.differs).padStart(9)}`,
        ),
      '',
      'refused, by reason:',
      ...[...this.#refusals]
        .sort(([, a], [, b]) => b.count - a.count)
        .map(
          ([reason, { count, example }]) =>
            `${String(count).padStart(7)}  ${reason}\n         e.g. ${oneLine(example, 160)}`,
        ),
      '',
      'equal but for what differences.ts allows:',
      ...[...this.#allowed].map(([name, count]) => `${String(count).padStart(7)}  ${name}: ${allowed[name]}`),
    ];
    return lines.join('\n');
  }
}

export const oneLine = (text: string, length = 2000): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= length ? line : `${line.slice(0, length)}…`;
};
