import { Fragment } from 'react';

// What cannot be seen, or makes text look like another, is named in its place.
const hidden: Record<string, string> = {
  '\u00a0': 'NBSP', '\u00ad': 'SHY', '\u061c': 'ALM', '\u200b': 'ZWSP', '\u200c': 'ZWNJ', '\u200d': 'ZWJ', '\u200e': 'LRM', '\u200f': 'RLM',
  '\u2028': 'LS', '\u2029': 'PS', '\u202a': 'LRE', '\u202b': 'RLE', '\u202c': 'PDF', '\u202d': 'LRO', '\u202e': 'RLO',
  '\u2060': 'WJ', '\u2066': 'LRI', '\u2067': 'RLI', '\u2068': 'FSI', '\u2069': 'PDI', '\ufeff': 'BOM', '\t': 'TAB', '\n': 'LF', '\r': 'CR',
};
// eslint-disable-next-line no-control-regex
const pieces = /(^ +| +$| {2,}|[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}])/u;

// Name shows a name that somebody else chose, harmlessly: directions do not leave it, and spaces
// at its ends, control characters and zero-width ones are visible. Joiners between emoji stay.
export function Name({ children }: { children: string }) {
  if (children === '') return <em>no name</em>;
  return (
    <bdi className="name">
      {children.split(pieces).map((piece, i) => (i % 2 === 0 ? <Fragment key={i}>{piece}</Fragment> : <span key={i} className="name-mark">{mark(piece)}</span>))}
    </bdi>
  );
}

function mark(piece: string): string {
  if (piece.startsWith(' ')) return '\u2420'.repeat(piece.length).replaceAll('\u2420', '[space]');
  return `[${hidden[piece] ?? `U+${(piece.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`}]`;
}
