/** The xtext of DSN parameters (RFC 3461 §4): printable ASCII, everything else as `+` and two hexadecimal digits. */

/** Decodes it, and takes out what could break the line of a header field: the value comes from a stranger. */
export function decodeXtext(text: string): string {
  const bytes = text.replace(/\+([0-9A-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return printable(Buffer.from(bytes, 'latin1').toString());
}

/** Without control characters, line ends among them. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
