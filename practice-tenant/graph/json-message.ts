/**
 * The JSON form of sendMail turned into MIME. Property names are taken in any case, as Graph takes them.
 */
import MailComposer from 'nodemailer/lib/mail-composer';

export type JsonMessage =
  | { readonly kind: 'message'; readonly mime: Buffer; readonly saveToSentItems: boolean }
  | { readonly kind: 'missing-message' | 'invalid-recipients' | 'too-many-headers' | 'malformed' }
  | { readonly kind: 'header-name'; readonly name: string };

/** An address that a header can hold without becoming two, or somebody else's: no comma, semicolon, bracket or comment. */
const oneAddress = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;<>()\\"]+$/;

type Fields = ReadonlyMap<string, unknown>;

/** The properties of an object by their names in lower case; empty for anything else. */
function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function recipients(value: unknown): { name: string; address: string }[] {
  return list(value).map((entry) => {
    const email = fields(fields(entry).get('emailaddress'));
    return { name: text(email.get('name')), address: text(email.get('address')) };
  });
}

export async function readJsonMessage(body: Buffer): Promise<JsonMessage> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return { kind: 'malformed' };
  }
  const root = fields(parsed);
  if (!root.has('message')) return { kind: root.size === 0 ? 'malformed' : 'missing-message' };
  const message = fields(root.get('message'));
  const to = recipients(message.get('torecipients'));
  const cc = recipients(message.get('ccrecipients'));
  const bcc = recipients(message.get('bccrecipients'));
  const all = [...to, ...cc, ...bcc];
  if (all.length === 0 || !all.every(({ address }) => oneAddress.test(address))) return { kind: 'invalid-recipients' };
  const headers = list(message.get('internetmessageheaders')).map(fields);
  if (headers.length > 5) return { kind: 'too-many-headers' };
  for (const header of headers) {
    const name = text(header.get('name'));
    if (!/^x-/i.test(name)) return { kind: 'header-name', name };
  }
  const content = fields(message.get('body'));
  const isHtml = text(content.get('contenttype')).toLowerCase() === 'html';
  const from = recipients([message.get('from')]).find(({ address }) => address !== '');
  const messageId = text(message.get('internetmessageid'));
  const save = root.get('savetosentitems');
  const mime = await new MailComposer({
    ...(from ? { from } : {}),
    to,
    cc,
    replyTo: recipients(message.get('replyto')),
    subject: text(message.get('subject')),
    ...(isHtml ? { html: text(content.get('content')) } : { text: text(content.get('content')) }),
    ...(messageId ? { messageId } : {}),
    headers: headers.map((header) => ({ key: text(header.get('name')), value: text(header.get('value')) })),
    attachments: list(message.get('attachments')).map((entry) => {
      const attachment = fields(entry);
      const cid = text(attachment.get('contentid'));
      return {
        filename: text(attachment.get('name')),
        contentType: text(attachment.get('contenttype')) || 'application/octet-stream',
        content: Buffer.from(text(attachment.get('contentbytes')), 'base64'),
        ...(cid ? { cid } : {}),
      };
    }),
  })
    .compile()
    .build();
  const blind = bcc.map(({ address }) => address).join(', ');
  return {
    kind: 'message',
    mime: blind ? Buffer.concat([Buffer.from(`Bcc: ${blind}\r\n`), mime]) : mime,
    // The official sample passes the string "false" (Graph "user: sendMail", example 1).
    saveToSentItems: !(save === false || text(save).toLowerCase() === 'false'),
  };
}
