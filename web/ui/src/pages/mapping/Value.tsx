import { Name } from '../../parts/Name';

// Value shows a value of an attribute, harmlessly: a text as it is, everything else as JSON.
export function Value({ of }: { of: unknown }) {
  if (of === undefined || of === null) return <em>nothing</em>;
  return <code><Name>{typeof of === 'string' ? of : JSON.stringify(of)}</Name></code>;
}
