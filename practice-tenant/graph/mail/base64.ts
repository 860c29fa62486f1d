/** Base64 as the service takes it: line breaks within are fine, anything else that does not belong there is not. */

/** Held against text without its white space: with both in one pattern, a megabyte of blanks would take minutes. */
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

/** Undefined for what is no base64. Takes time in proportion to the text, whatever it holds. */
export function decodeBase64(text: string): Buffer | undefined {
  const dense = text.replace(/\s+/g, '');
  return dense.length % 4 === 0 && base64Text.test(dense) ? Buffer.from(dense, 'base64') : undefined;
}
