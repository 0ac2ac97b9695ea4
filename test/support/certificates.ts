/** Makes a certificate authority and certificates signed by it, for TLS in tests. Node can read X.509 but not write it. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSet {
  /** PEM of the authority that signed the two others. */
  readonly authority: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Certificate;
  readonly client: Certificate;
}

/** Valid from 2020 to 2049, the whole range that needs no second time format. */
export function makeCertificates(): CertificateSet {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = { name: 'test authority', key: authorityKeys.privateKey };
  const signed = (name: string, serial: number): Certificate => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const cert = certificate({ name, serial, publicKey, issuer, isAuthority: false });
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  };
  return {
    authority: certificate({
      name: issuer.name,
      serial: 1,
      publicKey: authorityKeys.publicKey,
      issuer,
      isAuthority: true,
    }),
    server: signed('localhost', 2),
    client: signed('test client', 3),
  };
}

interface CertificateParts {
  readonly name: string;
  readonly serial: number;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  readonly isAuthority: boolean;
}

/** RFC 5280, section 4.1, in DER. */
function certificate({ name, serial, publicKey, issuer, isAuthority }: CertificateParts): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const validity = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'));
  const basicConstraints = extension('551d13', sequence(...(isAuthority ? [tlv(0x01, Buffer.from([0xff]))] : [])));
  const addresses = sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(basicConstraints, ...(isAuthority ? [] : [extension('551d11', addresses)]));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([serial])),
    algorithm,
    distinguishedName(issuer.name),
    validity,
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, extensions),
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, issuer.key)]));
  const base64 = sequence(body, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), tlv(0x04, value));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(text: string): Buffer {
  return tlv(0x17, Buffer.from(text));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** Tag, length, value; lengths up to 65,535. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const short = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...short]), value]);
}
