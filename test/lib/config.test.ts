import { describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/config.ts';

const deployed = (env: Record<string, string>) => () => readSettings(['SIEBEL_BASE_URL'], { STAGE: 'dev', ...env });
const base = (host: string) => `https://${host}:9001/siebel/v1.0`;
const SAFE = { SIEBEL_BASE_URL: base('siebel.example.com') };

describe('an address in a deployed stage (R59, K17)', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '127.255.255.254',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '0',
    '0.0.0.0',
    '0.1.2.3',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f01:203]',
    '[::ffff:0.0.0.0]',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'siebel.localhost',
    'a.b.localhost.',
    '%6cocalhost',
  ])('may not be %s, which is this machine', (host) => {
    expect(deployed({ SIEBEL_BASE_URL: base(host) })).toThrow('SIEBEL_BASE_URL points to this machine');
  });

  it.each(['169.254.169.254', '169.254.0.1', '2852039166', '[fe80::1]', '[febf::1]', '[::ffff:169.254.169.254]'])(
    'may not be %s, which is link-local',
    (host) => {
      expect(deployed({ SIEBEL_BASE_URL: base(host) })).toThrow('SIEBEL_BASE_URL points to a link-local address');
    },
  );

  it.each([
    '126.255.255.255',
    '128.0.0.1',
    '10.0.0.7',
    '169.253.1.1',
    '169.255.1.1',
    '1.0.0.1',
    '[fd00::7]',
    '[fec0::1]',
    '[2001:db8::1]',
    '[::ffff:10.0.0.7]',
    'localhost.example.com',
    'notlocalhost',
    'siebel.example.com.',
  ])('may be %s', (host) => {
    expect(deployed({ SIEBEL_BASE_URL: base(host) })).not.toThrow();
  });

  it('may not be plain HTTP, neither to this machine nor elsewhere', () => {
    for (const host of ['siebel.example.com', '127.0.0.1', '169.254.169.254']) {
      expect(deployed({ SIEBEL_BASE_URL: `http://${host}/siebel` })).toThrow('SIEBEL_BASE_URL is not an https URL');
    }
  });
});

describe('an address in the local stage', () => {
  const local = (url: string) => () => readSettings(['SIEBEL_BASE_URL'], { STAGE: 'local', SIEBEL_BASE_URL: url });

  it.each(['http://127.0.0.1:8080/s', 'http://127.0.0.2/s', 'http://[::1]:8080/s', 'http://localhost/s'])(
    'may be %s',
    (url) => {
      expect(local(url)).not.toThrow();
    },
  );

  it.each(['http://siebel.example.com/s', 'http://169.254.169.254/s', 'http://localhost.example.com/s'])(
    'may not be %s',
    (url) => {
      expect(local(url)).toThrow('is not an https URL');
    },
  );
});

describe('NODE_OPTIONS in a deployed stage (R59)', () => {
  it.each([
    '--inspect',
    '--inspect-brk=0.0.0.0:9229',
    '--tls-keylog=/tmp/keys',
    '--trace-tls',
    '--tls-min-v1.0',
    '--tls-min-v1.1',
    '--tls-cipher-list=ALL:@SECLEVEL=0',
    '--openssl-legacy-provider',
    '--openssl-config=/tmp/openssl.cnf',
    '--insecure-http-parser',
    '--max-old-space-size=400 --trace-tls',
    '--trace_tls',
    '--tls_min-v1.0',
    '"--trace-tls"',
    '"--tra\\ce-tls"',
  ])('may not be %s', (options) => {
    expect(deployed({ ...SAFE, NODE_OPTIONS: options })).toThrow('NODE_OPTIONS must not be set this way');
  });

  it.each([
    '',
    '--enable-source-maps',
    '--tls-min-v1.2',
    '--tls-min-v1.3',
    '--max-old-space-size=400',
    '--use-openssl-ca',
  ])('may be %j', (options) => {
    expect(deployed({ ...SAFE, NODE_OPTIONS: options })).not.toThrow();
  });

  it('are the affair of whoever works in the local stage', () => {
    expect(deployed({ ...SAFE, STAGE: 'local', NODE_OPTIONS: '--inspect --trace-tls' })).not.toThrow();
  });
});

describe('the times of the write protocol', () => {
  const read = (env: Record<string, string>) =>
    readSettings(['SIEBEL_SETTLE_SECONDS', 'CALL_LEASE_MARGIN_SECONDS'], { STAGE: 'dev', ...env });

  it('outlast what Siebel and Lambda may still do, when nothing else is set (R08)', () => {
    expect(read({})).toEqual({ SIEBEL_SETTLE_SECONDS: 720, CALL_LEASE_MARGIN_SECONDS: 15 });
  });

  it.each([
    ['SIEBEL_SETTLE_SECONDS', '0', '1 to 900'],
    ['SIEBEL_SETTLE_SECONDS', '901', '1 to 900'],
    ['CALL_LEASE_MARGIN_SECONDS', '0', '1 to 300'],
    ['CALL_LEASE_MARGIN_SECONDS', '1.5', '1 to 300'],
  ])('may not be %s=%s (K17)', (name, value, range) => {
    expect(() => read({ [name]: value })).toThrow(`${name} is not a whole number from ${range}`);
  });
});
