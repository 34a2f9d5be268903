/** Which addresses a user may come from: `%`, `localhost`, an address, `10.0.0.0/8`, or MySQL's own `10.1.%`. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

export type HostRule = Readonly<{
  /** As written. */
  text: string;
  /** Of two rules that fit, the one with the higher rank is closer: `%` 0, networks by prefix, hosts highest. */
  rank: number;
  /** Undefined for `%`. */
  addresses: BlockList | undefined;
}>;

/** The unix socket counts as an address of its own; loopback of either family matches `localhost` as well. */
const unixSocket = 'localhost';

/** Undefined when the text is no rule. */
export function parseHostRule(text: string): HostRule | undefined {
  if (text === '%') return { text, rank: 0, addresses: undefined };
  if (text.toLowerCase() === 'localhost') {
    return { text: 'localhost', rank: hostRank, addresses: loopback() };
  }
  if (isIP(text) !== 0) {
    const addresses = new BlockList();
    const plain = normalizeAddress(text);
    addresses.addAddress(plain, family(plain));
    return { text, rank: hostRank, addresses };
  }
  const network = parseNetwork(text);
  if (network === undefined) return undefined;
  const addresses = new BlockList();
  addresses.addSubnet(network.address, network.prefix, family(network.address));
  // An IPv4 prefix is set on the scale of IPv6, so that ranks compare.
  const rank = 1 + (isIPv4(network.address) ? 96 : 0) + network.prefix;
  return { text, rank, addresses };
}

const hostRank = 130;

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

function loopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}

function parseNetwork(text: string): { address: string; prefix: number } | undefined {
  const octets = /^((?:\d{1,3}\.){1,3})%$/.exec(text);
  if (octets !== null) {
    const given = octets[1]!.split('.').filter((part) => part !== '');
    const address = [...given, '0', '0', '0'].slice(0, 4).join('.');
    return isIPv4(address) ? { address, prefix: given.length * 8 } : undefined;
  }
  const slash = /^([^/]+)\/(\d{1,3}|\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (slash === null || isIP(slash[1]!) === 0) return undefined;
  const prefix = slash[2]!.includes('.') ? maskBits(slash[2]!) : Number(slash[2]);
  const bits = isIPv4(slash[1]!) ? 32 : 128;
  return prefix === undefined || prefix > bits ? undefined : { address: slash[1]!, prefix };
}

/** MySQL also writes `10.0.0.0/255.0.0.0`; undefined where the mask has holes. */
function maskBits(mask: string): number | undefined {
  if (!isIPv4(mask)) return undefined;
  const bits = mask
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
  const ones = bits.indexOf('0') < 0 ? 32 : bits.indexOf('0');
  return bits.indexOf('1', ones) < 0 ? ones : undefined;
}

/** One spelling per address: IPv4 in IPv6 becomes IPv4, a zone goes, and the unix socket's is `localhost`. */
export function normalizeAddress(address: string): string {
  if (address === '') return unixSocket;
  const plain = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  return mapped !== null && isIPv4(mapped[1]!) ? mapped[1]! : plain;
}

/** `address` must be normalised. */
export function hostRuleMatches(rule: HostRule, address: string): boolean {
  if (rule.addresses === undefined) return true;
  if (address === unixSocket) return rule.text === 'localhost';
  if (isIPv4(address)) return rule.addresses.check(address, 'ipv4');
  return isIPv6(address) && rule.addresses.check(address, 'ipv6');
}

/** As error messages name the client: loopback is `localhost`, as MySQL resolves it. */
export function hostOf(address: string): string {
  const normalized = normalizeAddress(address);
  if (normalized === '::1' || /^127\./.test(normalized)) return 'localhost';
  return normalized;
}
