const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const NOTHING = new Uint8Array();

/**
 * Takes one byte order mark off the start of a stream, also when it comes in pieces. What begins like one and is none is
 * handed on as soon as that is known.
 */
export function createMarkRemover(): (bytes: Uint8Array) => Uint8Array {
  // How many bytes of the mark have come. Once it is known whether there is one: all.
  let matched = 0;
  return (bytes) => {
    if (matched === MARK.length) return bytes;
    const held = matched;
    let at = 0;
    while (at < bytes.length && matched < MARK.length && bytes[at] === MARK[matched]) {
      at++;
      matched++;
    }
    if (matched === MARK.length) return bytes.subarray(at);
    if (at === bytes.length) return NOTHING;
    matched = MARK.length;
    return held === 0 ? bytes : Uint8Array.of(...MARK.subarray(0, held), ...bytes);
  };
}
