import { expect, it } from 'vitest';
import { maskedAddress } from './masked-address.ts';

it.each([
  ['203.0.113.7', '203.0'],
  ['::ffff:203.0.113.7', '203.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
  ['2001:0DB8:0001::7', '2001:db8:1'],
  ['2001:db8::7', '2001:db8:0'],
  ['2001::2:3:4:5:6:7', '2001:0:2'],
  ['::2:3:4:5:6:7:8', '0:2:3'],
  ['fe80::1%eth0', 'fe80:0:0'],
  ['::1', '0:0:0'],
  ['::', '0:0:0'],
  ['no address', ''],
])('two bytes of an IPv4 address and 80 bits of an IPv6 one are left out: %s', (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});
