/** JSON.parse keeps the last of two equal keys in silence; a header with two is lying about one of them. */

/** The first key that one object of `json` has twice. `json` must be well-formed: parse it before. */
export function findDuplicateKey(json: string): string | undefined {
  /** One entry per open bracket: an object's keys so far, or undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  const token = /[{}[\]"]/g;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const character = match[0];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character !== '"') open.pop();
    else {
      const end = endOfString(json, match.index);
      token.lastIndex = end;
      if (!isFollowedByColon(json, end)) continue;
      const key = JSON.parse(json.slice(match.index, end)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Just behind the closing quote. One regular expression for strings would overflow its stack on a long one. */
function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote + 1;
}

function isEscaped(json: string, index: number): boolean {
  let backslashes = 0;
  while (json[index - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function isFollowedByColon(json: string, index: number): boolean {
  const following = /\s*/y;
  following.lastIndex = index;
  following.exec(json);
  return json[following.lastIndex] === ':';
}
