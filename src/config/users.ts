/**
 * Who may log in, from where, with which password. Only hashes are kept: the double SHA256 lets every
 * caching_sha2_password login take the fast path, the double SHA1 serves mysql_native_password.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type HostRule, hostRuleMatches, normalizeAddress } from './host-rule.ts';

/** What MySQL's `REQUIRE` demands of a connection; names are written as MySQL writes them (`/C=SE/O=Shop/CN=app`). */
export type TlsRequirement = Readonly<{
  /** A certificate that the router's authorities have signed. */
  certificate: boolean;
  subject?: string | undefined;
  issuer?: string | undefined;
  cipher?: string | undefined;
}>;

export type UserEntry = Readonly<{
  name: string;
  hosts: readonly HostRule[];
  /** SHA256(SHA256(password)); any one of several passwords is good. */
  cachingSha2: readonly Buffer[];
  /** SHA1(SHA1(password)). */
  native: readonly Buffer[];
  /** Logs in without a password, and only so. Then both lists are empty. */
  withoutPassword: boolean;
  /** Undefined: any connection will do. */
  requires?: TlsRequirement | undefined;
  /** May see and kill all users' sessions, and connect when all other connections are taken. */
  admin: boolean;
  /** Connections that the user may have at a time on one router; 0: no limit of its own. */
  connectionsMax: number;
}>;

/** What the handshake asks. Both answers take the same time whether or not the name exists. */
export interface UserDirectory {
  /** `hostDenied` when no user at all may come from the address, whatever the name. */
  find(name: string, address: string): UserEntry | 'hostDenied' | undefined;
  /** Stands in for a name that does not exist, so that the dialogue looks like that of one that does. */
  decoy(name: string): UserEntry;
}

const hash = (algorithm: 'sha1' | 'sha256', bytes: Buffer): Buffer =>
  createHash(algorithm).update(bytes).digest();

const doubleHash = (algorithm: 'sha1' | 'sha256', bytes: Buffer): Buffer =>
  hash(algorithm, hash(algorithm, bytes));

/** Both hashes of a password as the users file writes them. */
export function hashPassword(password: string): { cachingSha2: string; native: string } {
  const bytes = Buffer.from(password);
  return {
    cachingSha2: doubleHash('sha256', bytes).toString('hex').toUpperCase(),
    native: `*${doubleHash('sha1', bytes).toString('hex').toUpperCase()}`,
  };
}

/** Whether a clear password (full path of caching_sha2_password) is the entry's. */
export function verifyPassword(entry: UserEntry, password: Buffer): boolean {
  if (entry.withoutPassword) return password.length === 0;
  const sha2 = doubleHash('sha256', password);
  const native = doubleHash('sha1', password);
  let matches = false;
  // Every hash is compared, so that the time does not tell which one matched.
  for (const stored of entry.cachingSha2) matches = timingSafeEqual(stored, sha2) || matches;
  for (const stored of entry.native) matches = timingSafeEqual(stored, native) || matches;
  return matches && password.length > 0;
}

/** An immutable set of users; a changed file makes a new one. */
export class Users implements UserDirectory {
  readonly entries: readonly UserEntry[];
  readonly #byName = new Map<string, UserEntry[]>();
  readonly #hosts: readonly HostRule[];
  readonly #decoyKey: Buffer;

  /** `decoyKey` keeps decoys the same over a reload: hand the old set's on. */
  constructor(entries: readonly UserEntry[], decoyKey: Buffer = randomBytes(32)) {
    this.entries = entries;
    this.#decoyKey = decoyKey;
    const hosts = new Map<string, HostRule>();
    for (const entry of entries) {
      const named = this.#byName.get(entry.name);
      if (named === undefined) this.#byName.set(entry.name, [entry]);
      else named.push(entry);
      for (const host of entry.hosts) hosts.set(host.text, host);
    }
    this.#hosts = [...hosts.values()];
  }

  get decoyKey(): Buffer {
    return this.#decoyKey;
  }

  /** The entry with the closest rule that fits the address (empty or `localhost` for the unix socket). */
  find(name: string, address: string): UserEntry | 'hostDenied' | undefined {
    const normalized = normalizeAddress(address);
    let best: UserEntry | undefined;
    let bestRank = -1;
    for (const entry of this.#byName.get(name) ?? []) {
      for (const host of entry.hosts) {
        if (host.rank <= bestRank || !hostRuleMatches(host, normalized)) continue;
        best = entry;
        bestRank = host.rank;
      }
    }
    if (best !== undefined) return best;
    return this.#hosts.some((host) => hostRuleMatches(host, normalized)) ? undefined : 'hostDenied';
  }

  /** Decoys have the shapes (which plugins) of the real users, in their proportion, and always the same for a name. */
  decoy(name: string): UserEntry {
    const digest = createHmac('sha256', this.#decoyKey).update(name).digest();
    const model = this.entries[digest.readUInt32LE(0) % Math.max(1, this.entries.length)];
    const nativeOnly = model !== undefined && model.cachingSha2.length === 0 && model.native.length > 0;
    const native = model !== undefined && model.native.length > 0 ? [digest.subarray(8, 28)] : [];
    return {
      name,
      hosts: [],
      cachingSha2: nativeOnly ? [] : [digest],
      native,
      withoutPassword: false,
      admin: false,
      connectionsMax: 0,
    };
  }
}
