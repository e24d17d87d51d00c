/** Which addresses are anybody's on the internet, and which are a machine's or a network's own (IANA special-purpose registries). */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** Of a machine itself, of private networks, of providers' inner networks, of tests; several at once; nobody's. */
const OWN_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** All that is not global unicast; and what of that reaches IPv4 by another way (Teredo, 6to4) or is for documents. */
const OWN_IPV6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const OWN = listOf(OWN_IPV4, 'ipv4');
const OWN_6 = listOf(OWN_IPV6, 'ipv6');
/** One link's: routers and clouds answer here with what is nobody else's business. */
const LINK_LOCAL = listOf(['169.254.0.0/16'], 'ipv4');

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', prefix = ''] = range.split('/');
    list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

/** True for an address that anybody on the internet could reach. Of IPv6 none that stands for an IPv4 address is. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*/, '');
  if (isIP(bare) === 0) return false;
  return isIPv4(bare) ? !OWN.check(bare, 'ipv4') : !OWN_6.check(bare, 'ipv6');
}

/**
 * True for a host that means one's own machine or network, and says so: localhost, `.local`, or such an address. Not for a name that
 * merely leads there, and not for a link's own addresses.
 * @param host as in an address, without port
 */
export function isOwnNetworkHost(host: string): boolean {
  if (/^(.+\.)?(localhost|local)$/.test(host)) return true;
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0 || isPublicAddress(address)) return false;
  return isIPv4(address) ? !LINK_LOCAL.check(address, 'ipv4') : address === '::1';
}
