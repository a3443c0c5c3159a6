/** Makes row ids in Siebel's manner: base 36 behind the node's number; some of them hold a plus. */
export function rowIds(): () => string {
  // Where the numbers start decides only how real the ids look.
  let last = 0x2ab00;
  return () => {
    last += 1;
    const id = `1-${last.toString(36).toUpperCase()}`;
    return last % 7 === 0 ? `${id}+${last % 10}` : id;
  };
}
