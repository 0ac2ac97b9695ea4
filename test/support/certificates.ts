/** Makes a certificate authority and certificates signed by it, for TLS in tests. Node can read X.509 but not write it. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface CertificateSet {
  /** PEM of the authority that signed the two others. */
  readonly authority: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** Of the same authority for the same names, each with one thing wrong; but `selfSigned`, which has no authority. */
  readonly wrong: Readonly<Record<Wrong, Certificate>>;
}

export type Wrong = 'expired' | 'notYetValid' | 'otherName' | 'selfSigned';

/** The same with what a client needs in files. */
export interface CertificateFiles extends CertificateSet {
  readonly authorityFile: string;
  readonly clientFile: string;
  readonly clientKeyFile: string;
  /** Removes the files. */
  readonly remove: () => void;
}

/** Writes them into a new temporary directory. */
export function writeCertificates(): CertificateFiles {
  const made = makeCertificates();
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-certificates-'));
  const file = (name: string, pem: string): string => {
    const path = join(directory, name);
    writeFileSync(path, pem);
    return path;
  };
  return {
    ...made,
    authorityFile: file('authority.pem', made.authority),
    clientFile: file('client.pem', made.client.cert),
    clientKeyFile: file('client-key.pem', made.client.key),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The whole range that needs no second time format; expired are those of its beginning, and not valid yet those of its end. */
const [start, soonAfter, soonBefore, end] = [
  '200101000000Z',
  '200102000000Z',
  '491230000000Z',
  '491231235959Z',
] as const;
const own = { names: ['localhost'], validity: [start, end] } as const;

function makeCertificates(): CertificateSet {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = { name: 'test authority', key: authorityKeys.privateKey };
  let serial = 1;
  const signed = (name: string, rest: Partial<CertificateParts> = {}): Certificate => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    serial += 1;
    const by = rest.issuer === undefined ? issuer : { ...rest.issuer, key: privateKey };
    const cert = certificate({ name, serial, publicKey, isAuthority: false, ...own, ...rest, issuer: by });
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  };
  return {
    authority: certificate({
      name: issuer.name,
      serial: 1,
      publicKey: authorityKeys.publicKey,
      issuer,
      isAuthority: true,
      ...own,
    }),
    server: signed('localhost'),
    client: signed('test client'),
    wrong: {
      expired: signed('localhost', { validity: [start, soonAfter] }),
      notYetValid: signed('localhost', { validity: [soonBefore, end] }),
      otherName: signed('elsewhere', { names: ['elsewhere.example'] }),
      // The key is replaced by its own.
      selfSigned: signed('localhost', { issuer: { name: 'localhost', key: issuer.key } }),
    },
  };
}

interface CertificateParts {
  readonly name: string;
  readonly serial: number;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  readonly isAuthority: boolean;
  /** Beside 127.0.0.1, which has `localhost` as its name. */
  readonly names: readonly string[];
  /** From and until, as UTCTime. */
  readonly validity: readonly [string, string];
}

/** RFC 5280, section 4.1, in DER. */
function certificate({
  name,
  serial,
  publicKey,
  issuer,
  isAuthority,
  names,
  validity: [from, until],
}: CertificateParts): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const validity = sequence(utcTime(from), utcTime(until));
  const basicConstraints = extension('551d13', sequence(...(isAuthority ? [tlv(0x01, Buffer.from([0xff]))] : [])));
  const loopback = names.includes('localhost') ? [tlv(0x87, Buffer.from([127, 0, 0, 1]))] : [];
  const addresses = sequence(...names.map((each) => tlv(0x82, Buffer.from(each))), ...loopback);
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
