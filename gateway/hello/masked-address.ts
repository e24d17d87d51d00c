import { isIPv4, isIPv6 } from 'node:net';

/** Groups of 16 bits that are left of an IPv6 address: 48 bits, a provider's usual assignment to one customer's site. */
const IPV6_GROUPS_KEPT = 3;

/**
 * An address without the part that tells one connection from its neighbours: two bytes of an IPv4 address, 80 bits of an IPv6
 * one (rules.md, Privacy). `203.0.113.7` → `203.0`; `2001:db8:1:2::7` → `2001:db8:1`; '' for what is no address.
 */
export function maskedAddress(address: string): string {
  // How a server that listens on IPv6 sees an IPv4 client.
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(bare)) return bare.split('.', 2).join('.');
  if (!isIPv6(bare)) return '';
  const [before = '', after] = bare.replace(/%.*/, '').split('::', 2);
  const groups = before === '' ? [] : before.split(':');
  // What stands behind the gap fills the address from its end: only with a short gap does it reach the part that is kept.
  const behind = after ? after.split(':') : [];
  const gap = after === undefined ? 0 : 8 - groups.length - behind.length - (after.includes('.') ? 1 : 0);
  return [...groups, ...Array.from({ length: gap }, () => '0'), ...behind]
    .slice(0, IPV6_GROUPS_KEPT)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
