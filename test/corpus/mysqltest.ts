/**
 * Takes the SQL statements out of a script of MySQL's test tool. Only what can be known without running the script is
 * taken: a statement with a variable whose value was not simply assigned before is left out.
 */

/** Commands of the test tool; whatever begins with another word is SQL for the server. */
export const commandWords: ReadonlySet<string> = new Set(
  `append_file assert cat_file change_user character_set chmod connect connection copy_file copy_files_wildcard
  dec delimiter diff_files die dirty_close disable_abort_on_error disable_async_client disable_connect_log disable_info
  disable_metadata disable_ps_protocol disable_query_log disable_reconnect disable_result_log disable_session_track_info
  disable_testcase disable_warnings disconnect echo enable_abort_on_error enable_async_client enable_connect_log enable_info
  enable_metadata enable_ps_protocol enable_query_log enable_reconnect enable_result_log enable_session_track_info
  enable_testcase enable_warnings end end_timer error exec exec_in_background execw exit expr file_exists
  force_cpdir force_rmdir horizontal_results if inc let list_files list_files_append_file list_files_write_file
  lowercase_result mkdir move_file output partially_sorted_result perl ping query_attributes query_get_value
  query_sorted reap remove_file remove_files_wildcard replace_column replace_numeric_round replace_regex replace_result
  reset_connection result_format rmdir save_master_pos send_quit send_shutdown shutdown_server skip skip_if_hypergraph
  sleep sorted_result source start_timer sync_slave_with_master sync_with_master system vertical_results wait_for_slave_to_stop
  while write_file`.split(/\s+/),
);

/** Commands whose text up to a line with the mark belongs to them. */
export const withText: ReadonlySet<string> = new Set(['perl', 'write_file', 'append_file']);

/** Commands that hand the rest to the server, variables replaced. */
const evaluating = new Set(['eval', 'query_vertical', 'query_horizontal', 'send_eval', 'query']);

const VARIABLE = /\$\{?(\w+)\}?/g;

/** The statements of a script, in order, as bytes (one character per byte). */
export function extractStatements(script: string): string[] {
  return new Script(script).read();
}

class Script {
  readonly #text: string;
  readonly #variables = new Map<string, string>();
  readonly #found: string[] = [];
  #delimiter = ';';
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): string[] {
    for (;;) {
      const command = this.#nextCommand();
      if (command === undefined) return this.#found;
      if (command !== '') this.#take(command);
    }
  }

  /** The next command without its delimiter; empty for what is none. */
  #nextCommand(): string | undefined {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at]!)) this.#at++;
    if (this.#at >= this.#text.length) return undefined;
    if (this.#text[this.#at] === '#') return this.#restOfLine() && '';
    if (this.#text.startsWith('--', this.#at)) {
      const line = this.#restOfLine().slice(2).trim();
      // A comment for people is a line of this form, too.
      return commandWords.has(firstWord(line)) || evaluating.has(firstWord(line)) ? line : '';
    }
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return '';
    }
    return this.#upToDelimiter();
  }

  #restOfLine(): string {
    const newline = this.#text.indexOf('\n', this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  #upToDelimiter(): string {
    const from = this.#at;
    const isBlock = /^(?:if|while)\s*\(/i.test(this.#text.slice(from, from + 40));
    let quote = '';
    for (let at = from; at < this.#text.length; at++) {
      const character = this.#text[at]!;
      if (quote !== '') {
        if (character === '\\' && quote !== '`') at++;
        else if (character === quote) quote = '';
      } else if (isBlock && character === '{') {
        this.#at = at + 1;
        return '';
      } else if (this.#text.startsWith(this.#delimiter, at)) {
        this.#at = at + this.#delimiter.length;
        return this.#text.slice(from, at).trim();
      } else if (character === "'" || character === '"' || character === '`') {
        quote = character;
      }
    }
    this.#at = this.#text.length;
    return '';
  }

  #take(command: string): void {
    const word = firstWord(command);
    const rest = command.slice(word.length).trim();
    if (word === 'delimiter') this.#delimiter = rest.split(/\s/)[0] || ';';
    else if (word === 'let') this.#assign(rest);
    else if (withText.has(word)) this.#skipText(word, rest);
    else if (evaluating.has(word)) this.#keep(this.#evaluate(rest));
    else if (word === 'send') this.#keep(rest);
    else if (!commandWords.has(word)) this.#keep(command);
  }

  #assign(rest: string): void {
    const [, name, value] = /^\$?(\w+)\s*=\s*([\s\S]*)$/.exec(rest) ?? [];
    if (name === undefined || value === undefined) return;
    const text = this.#evaluate(value);
    if (text === undefined || /^`|^query_get_value|^escape\s*\(/.test(value)) this.#variables.delete(name);
    else this.#variables.set(name, text);
  }

  #evaluate(text: string): string | undefined {
    let isKnown = true;
    const evaluated = text.replace(VARIABLE, (_, name: string) => {
      const value = this.#variables.get(name);
      if (value === undefined) isKnown = false;
      return value ?? '';
    });
    return isKnown ? evaluated : undefined;
  }

  #skipText(word: string, rest: string): void {
    const mark = (word === 'perl' ? rest : rest.split(/\s+/)[1]) || 'EOF';
    // Behind the delimiter the line ends; the text begins on the next one.
    while (this.#at < this.#text.length && this.#restOfLine().trim() !== mark);
  }

  #keep(statement: string | undefined): void {
    // Under another delimiter the statement's own stands at its end, even twice.
    const trimmed = statement?.replace(/[;\s]+$/, '');
    if (trimmed === undefined || trimmed === '' || trimmed.startsWith('#')) return;
    this.#found.push(trimmed);
  }
}

/** The word that tells what a command is, in lower case. */
export const firstWord = (command: string): string => (/^\w+/.exec(command)?.[0] ?? '').toLowerCase();
