/** The file of users: YAML (or JSON, which is YAML too) as text in, a checked set of users out. */
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { HeadgateError } from '../errors/headgate-error.ts';
import { type HostRule, parseHostRule } from './host-rule.ts';
import { suggestion } from './suggestion.ts';
import { type TlsRequirement, type UserEntry, Users } from './users.ts';

const userKeys = [
  'name',
  'hosts',
  'cachingSha2',
  'native',
  'password',
  'require',
  'admin',
  'connectionsMax',
] as const;
const requirementKeys = ['subject', 'issuer', 'cipher'] as const;
type UserKey = (typeof userKeys)[number];

const hashForms = {
  cachingSha2: { pattern: /^[0-9a-f]{64}$/i, text: '64 hex digits, SHA256(SHA256(password))' },
  native: { pattern: /^\*[0-9a-f]{40}$/i, text: "'*' and 40 hex digits, SHA1(SHA1(password))" },
} as const;

/** Has the rights of an administrator unless the file says otherwise. */
const ADMIN_BY_DEFAULT = 'root';
const CONNECTIONS_MAX = 1_000_000;

/** MySQL's limit (`USERNAME_CHAR_LENGTH`). */
const nameCharactersMax = 32;

/** What holds without a file: `root` without a password, from this machine only. */
export function defaultUsers(decoyKey?: Buffer): Users {
  const hosts = [parseHostRule('localhost')!];
  const hashes = { cachingSha2: [], native: [] };
  const root = {
    name: ADMIN_BY_DEFAULT,
    hosts,
    ...hashes,
    withoutPassword: true,
    admin: true,
    connectionsMax: 0,
  };
  return new Users([root], decoyKey);
}

/** `origin` is the file's path for messages; `decoyKey` comes from the set that this one replaces. */
export function parseUsers(text: string, origin: string, decoyKey?: Buffer): Users {
  return new Users(new UsersFileReader(text, origin).read(), decoyKey);
}

class UsersFileReader {
  readonly #text: string;
  readonly #origin: string;
  readonly #lines = new LineCounter();

  constructor(text: string, origin: string) {
    this.#text = text;
    this.#origin = origin;
  }

  read(): readonly UserEntry[] {
    const document = parseDocument(this.#text, { lineCounter: this.#lines, prettyErrors: false });
    const problem = document.errors[0];
    if (problem !== undefined) this.#refuse(problem.pos[0], `not valid YAML: ${problem.message}`);
    const root = document.contents;
    if (!isMap(root)) return this.#refuse(root, 'the file must hold the key users: with a list of users');
    let entries: UserEntry[] | undefined;
    for (const pair of root.items) {
      const key = keyOf(pair);
      if (key !== 'users') this.#refuse(pair.key, `unknown key ${key}${suggestion(key, ['users'])}`);
      if (!isSeq(pair.value)) return this.#refuse(pair.value ?? pair.key, 'users must be a list');
      entries = pair.value.items.map((item) => this.#readUser(item));
      this.#checkUnique(entries, pair.value.items);
    }
    return entries ?? this.#refuse(root, 'the key users: is missing');
  }

  #readUser(node: unknown): UserEntry {
    if (!isMap(node)) return this.#refuse(node, 'a user must be a map with name and a password hash');
    const values = new Map<UserKey, unknown>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      if (!isUserKey(key)) {
        return this.#refuse(pair.key, `unknown key ${key} of a user${suggestion(key, userKeys)}`);
      }
      values.set(key, pair.value ?? pair.key);
    }
    const name = this.#readName(node, values.get('name'));
    const hosts = this.#readHosts(name, values.get('hosts'));
    const cachingSha2 = this.#readHashes('cachingSha2', name, values.get('cachingSha2'));
    const native = this.#readHashes('native', name, values.get('native'));
    const withoutPassword = this.#readEmptyPassword(name, values.get('password'));
    if (!withoutPassword && cachingSha2.length + native.length === 0) {
      this.#refuse(
        node,
        `user ${name} has neither cachingSha2 nor native; "headgate hash-password" prints them (password: '' allows to log in without one)`,
      );
    }
    if (withoutPassword && cachingSha2.length + native.length > 0) {
      this.#refuse(node, `user ${name} has both a hash and the empty password; keep one`);
    }
    const requires = this.#readRequirement(name, values.get('require'));
    const admin = this.#readAdmin(name, values.get('admin'));
    const connectionsMax = this.#readConnectionsMax(name, values.get('connectionsMax'));
    return { name, hosts, cachingSha2, native, withoutPassword, requires, admin, connectionsMax };
  }

  #readName(user: YAMLMap, node: unknown): string {
    if (node === undefined) return this.#refuse(user, 'a user has no name');
    const name = this.#string(node, 'name');
    if (name === '') this.#refuse(node, 'name is empty; anonymous users are not supported');
    if ([...name].length > nameCharactersMax) {
      this.#refuse(node, `name is longer than ${nameCharactersMax} characters`);
    }
    return name;
  }

  #readHosts(name: string, node: unknown): readonly HostRule[] {
    if (node === undefined) return [parseHostRule('%')!];
    const items = isSeq(node) ? node.items : [node];
    if (items.length === 0) this.#refuse(node, `hosts of user ${name} is empty; leave it out to allow all`);
    return items.map((item) => {
      const text = this.#string(item, `hosts of user ${name}`);
      const example = "'%', localhost, an IP address, 10.0.0.0/8 or 10.1.%";
      return parseHostRule(text) ?? this.#refuse(item, `host ${text} of user ${name} is none of: ${example}`);
    });
  }

  #readHashes(kind: keyof typeof hashForms, name: string, node: unknown): readonly Buffer[] {
    if (node === undefined) return [];
    const items = isSeq(node) ? node.items : [node];
    return items.map((item) => {
      const text = this.#string(item, `${kind} of user ${name}`);
      const form = hashForms[kind];
      // The text itself may be a clear password in the wrong place: it must not reach a log.
      if (!form.pattern.test(text)) this.#refuse(item, `${kind} of user ${name} must be ${form.text}`);
      return Buffer.from(text.replace('*', ''), 'hex');
    });
  }

  #readEmptyPassword(name: string, node: unknown): boolean {
    if (node === undefined) return false;
    if (this.#string(node, `password of user ${name}`) === '') return true;
    return this.#refuse(
      node,
      `password of user ${name} may only be '' (no password); use the hashes that "headgate hash-password" prints`,
    );
  }

  #readAdmin(name: string, node: unknown): boolean {
    if (node === undefined) return name === ADMIN_BY_DEFAULT;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    return this.#refuse(node, `admin of user ${name} must be true or false`);
  }

  #readConnectionsMax(name: string, node: unknown): number {
    if (node === undefined) return 0;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= CONNECTIONS_MAX)
      return value;
    const allowed = `a whole number from 0 (no limit) to ${CONNECTIONS_MAX}`;
    return this.#refuse(node, `connectionsMax of user ${name} must be ${allowed}`);
  }

  #readRequirement(name: string, node: unknown): TlsRequirement | undefined {
    if (node === undefined) return undefined;
    if (!isMap(node)) {
      const text = this.#string(node, `require of user ${name}`).toLowerCase();
      if (text === 'ssl' || text === 'x509') return { certificate: text === 'x509' };
      return this.#refuse(
        node,
        `require of user ${name} must be ssl, x509, or a map of subject, issuer, cipher`,
      );
    }
    const texts = new Map<string, string>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      if (!(requirementKeys as readonly string[]).includes(key))
        this.#refuse(pair.key, `unknown key ${key} of require${suggestion(key, requirementKeys)}`);
      texts.set(key, this.#string(pair.value, `${key} of user ${name}`));
    }
    const [subject, issuer, cipher] = requirementKeys.map((key) => texts.get(key));
    return { certificate: subject !== undefined || issuer !== undefined, subject, issuer, cipher };
  }

  #checkUnique(entries: readonly UserEntry[], nodes: readonly unknown[]): void {
    const seen = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      for (const host of entry.hosts) {
        const key = `'${entry.name}'@'${host.text}'`;
        if (seen.has(key)) this.#refuse(nodes[index], `${key} is there twice`);
        seen.add(key);
      }
    }
  }

  /** Only strings: YAML reads an unquoted hash of digits as a number and would lose its zeros. */
  #string(node: unknown, what: string): string {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    return this.#refuse(node, `${what} must be text; put it in quotes`);
  }

  #refuse(at: unknown, problem: string): never {
    const offset = typeof at === 'number' ? at : ((at as Node | null)?.range?.[0] ?? 0);
    const { line } = this.#lines.linePos(offset);
    throw new HeadgateError('HG_CONFIG', {
      detail: `${this.#origin}, line ${Math.max(line, 1)}: ${problem}`,
    });
  }
}

const keyOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key));
const isUserKey = (key: string): key is UserKey => (userKeys as readonly string[]).includes(key);
