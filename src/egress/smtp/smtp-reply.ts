/** A reply of an SMTP server, taken apart (RFC 5321 §4.2, RFC 3463). */

/** Where in the dialogue it came. `message`: after the last byte of the message. */
export type SmtpStage = 'connect' | 'auth' | 'mail' | 'recipient' | 'data' | 'message';

export interface SmtpReply {
  readonly stage: SmtpStage;
  readonly code: number;
  /** Enhanced status code, such as 5.7.60; undefined where the reply has none. */
  readonly enhanced: string | undefined;
  readonly text: string;
}

/** Characters of the server's words that are kept. */
const textKept = 1000;

/** Reads a reply, of several lines as well; `undefined` for what is none. */
export function readReply(stage: SmtpStage, response: string): SmtpReply | undefined {
  const lines = response.split(/\r?\n/);
  const code = /^([2-5]\d\d)(?:[ -]|$)/.exec(lines[0] ?? '')?.[1];
  if (code === undefined) return undefined;
  const words = lines.map((line) => line.replace(/^\d{3}[ -]?/, ''));
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(words[0] ?? '')?.[1];
  const text = words.map((line) => (enhanced === undefined ? line : line.replace(`${enhanced} `, ''))).join(' ');
  return { stage, code: Number(code), enhanced, text: text.trim().slice(0, textKept) };
}
