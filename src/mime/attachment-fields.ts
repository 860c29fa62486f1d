/**
 * What a part says of itself, as an attachment of Graph has fields for it: name, type, Content-ID. File names come in four
 * spellings (RFC 2231, RFC 2047, raw UTF-8, plain), each of which a library reads.
 */
import { detectExtension } from 'nodemailer/lib/mime-funcs/mime-types';
import PostalMime from 'postal-mime';
import type { PartRange } from './part-ranges.ts';
import { fieldsNamed, fieldValue } from './root-header.ts';

export type PartEncoding = 'base64' | 'quoted-printable' | 'none';

export interface AttachmentFields {
  readonly name: string;
  readonly contentType: string;
  /** Without angle brackets. */
  readonly contentId?: string;
  /** Shown in the text and not in the list of attachments. */
  readonly isInline: boolean;
}

/** Longest name that Windows and most mail programs take, in characters. */
const longestName = 255;

/** Undefined for an encoding that nobody knows, or for several: its content cannot be told. */
export function encodingOf({ header }: PartRange): PartEncoding | undefined {
  const [field, ...others] = fieldsNamed(header, 'content-transfer-encoding');
  if (others.length > 0) return undefined;
  const encoding = field ? fieldValue(header, field).toLowerCase() : '7bit';
  if (encoding === 'base64' || encoding === 'quoted-printable') return encoding;
  return ['7bit', '8bit', 'binary'].includes(encoding) ? 'none' : undefined;
}

/** Whether it calls itself an attachment, or has the name of a file. */
export function isNamedFile({ header }: PartRange): boolean {
  const said = (name: string) => fieldsNamed(header, name).map((field) => fieldValue(header, field).toLowerCase());
  return (
    said('content-disposition').some((value) => value.startsWith('attachment') || /;\s*filename[*=]/.test(value)) ||
    said('content-type').some((value) => /;\s*name[*=]/.test(value))
  );
}

/** @param number for the name of a part that has none; 1 for the first */
export async function attachmentFieldsOf(part: PartRange, number: number): Promise<AttachmentFields> {
  const read = await readContentHeader(part);
  const isMessage = part.type.startsWith('message/');
  const contentId = read?.contentId?.replace(/^<|>$/g, '');
  const isRelated = part.around.at(-1)?.type === 'multipart/related';
  return {
    name: nameOf(read?.filename, part.type, number),
    // A message in base64 under its own type is none for many readers (RFC 2046 §5.2.1 forbids it): a file is a file.
    contentType: isMessage ? 'application/octet-stream' : part.type,
    ...(contentId ? { contentId } : {}),
    // Without an id nothing in the text can show it: `inline` alone would hide a document that was to be seen.
    isInline: Boolean(contentId) && (isRelated || read?.disposition === 'inline'),
  };
}

/** Read under a type that makes a file of it: of a text, the library would keep the text alone. */
async function readContentHeader({ header }: PartRange) {
  const fields = header.fields.filter(
    ({ name }) => name.startsWith('content-') && name !== 'content-transfer-encoding',
  );
  const bytes = fields.map(({ start, end, name, valueStart }) =>
    name === 'content-type'
      ? Buffer.concat([
          Buffer.from('Content-Type: application/octet-stream'),
          parametersOf(header.bytes.subarray(valueStart, end)),
        ])
      : header.bytes.subarray(start, end),
  );
  const type = fields.some(({ name }) => name === 'content-type')
    ? []
    : [Buffer.from('Content-Type: application/octet-stream\r\n')];
  const { attachments } = await PostalMime.parse(Buffer.concat([...type, ...bytes, Buffer.from('\r\n')]));
  return attachments[0];
}

function parametersOf(value: Buffer): Buffer {
  const at = value.indexOf(';');
  return at === -1 ? Buffer.from('\r\n') : value.subarray(at);
}

function nameOf(read: string | null | undefined, type: string, number: number): string {
  // A name is shown and becomes a file: controls and path separators are no part of it.
  const name = (read ?? '')
    .toWellFormed()
    .replace(/[\p{Cc}/\\]+/gu, '_')
    .trim();
  const isMessage = type.startsWith('message/');
  if (name === '') return isMessage ? `message-${number}.eml` : `attachment-${number}.${extensionOf(type)}`;
  const extension = isMessage && !/\.eml$/i.test(name) ? '.eml' : '';
  return `${[...name].slice(0, longestName - extension.length).join('')}${extension}`;
}

function extensionOf(type: string): string {
  const extension = detectExtension(type);
  return /^\w+$/.test(extension) ? extension : 'bin';
}
