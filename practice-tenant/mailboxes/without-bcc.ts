/** Takes the fields that no recipient may read out of the header of a message; every other byte stays as it came. */

const bccField = /^(?:resent-)?bcc[ \t]*:/i;
const bccAnywhere = /^(?:resent-)?bcc[ \t]*:/im;

/** Where the header ends: at the first empty line, or at the end of everything. */
export function endOfHeader(raw: Buffer): number {
  const ends = [raw.indexOf('\r\n\r\n'), raw.indexOf('\n\n')].filter((end) => end !== -1);
  return ends.length > 0 ? Math.min(...ends) : raw.length;
}

/** Line by line, so that no byte within a Bcc (a bare CR, say) can keep it in what recipients read. */
export function withoutBcc(raw: Buffer): Buffer {
  const headerEnd = endOfHeader(raw);
  const headerText = raw.toString('latin1', 0, headerEnd);
  if (!bccAnywhere.test(headerText)) return raw;
  let inBcc = false;
  const kept = headerText.split('\n').filter((line) => {
    inBcc = /^[ \t]/.test(line) ? inBcc : bccField.test(line);
    return !inBcc;
  });
  const header = kept.join('\n');
  const rest = raw.subarray(headerEnd);
  // When the last field went, the line end before the empty line is still that of the field before it.
  const text = inBcc && kept.length > 0 ? header.replace(/\r$/, '') : header;
  return Buffer.concat([Buffer.from(text, 'latin1'), kept.length > 0 ? rest : rest.subarray(rest[0] === 13 ? 2 : 1)]);
}
