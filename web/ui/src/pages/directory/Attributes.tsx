import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import type { UserDetail } from './reading';
import { Heading } from './Heading';

// What the directory itself says of a user, which stands elsewhere on the page.
const own = new Set(['id', 'userName', 'active', 'status', 'block', 'local', 'managed', 'created', 'modified', 'lastLogin', 'purgeAfter',
  'memberships', 'dropped', 'records', 'givenBy', 'nameFormer', 'schemas', 'meta']);

interface Attribute {
  name: string; // as the question "why" takes it
  label: string;
  value: unknown;
}

// Attributes are SCIM's attributes of a user as the directory holds them, and who gave each.
export function Attributes({ d, user }: { d: string; user: UserDetail }) {
  const rows = attributesOf(user);
  if (rows.length === 0) return null;
  return (
    <section>
      <Heading>Attributes</Heading>
      <DataTable caption="Attributes" rows={rows} id={(a) => a.name} columns={[
        { head: 'Attribute', cell: (a) => <Name>{a.label}</Name> },
        { head: 'Value', cell: (a) => <Value of={a.value} /> },
        { head: 'Given by', cell: (a) => user.givenBy?.[a.name] ?? '' },
        { head: 'Question', cell: (a) => <TextLink to="/why" search={{ in: d, user: user.id, attribute: a.name }}>Why?<span className="visually-hidden"> {a.label}</span></TextLink> },
      ]} />
    </section>
  );
}

function attributesOf(user: UserDetail): Attribute[] {
  const all: Attribute[] = [];
  for (const [name, value] of Object.entries(user)) {
    if (own.has(name) || name.startsWith('$')) continue;
    if (name.startsWith('urn:') && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, v] of Object.entries(value)) all.push({ name: `${name}:${inner}`, label: inner, value: v });
    } else {
      all.push({ name, label: name, value });
    }
  }
  return all;
}

// Value shows what an attribute holds: a text, the parts of a whole, or one line for each of many.
function Value({ of }: { of: unknown }) {
  if (typeof of === 'string') return <Name>{of}</Name>;
  if (Array.isArray(of)) return <>{of.map((v: unknown, i) => <div key={i}><Value of={v} /></div>)}</>;
  if (typeof of !== 'object' || of === null) return <>{String(of)}</>;
  const { value, type, primary, ...rest } = of as Record<string, unknown>;
  const words = [type, primary === true ? 'primary' : undefined].filter((w): w is string => typeof w === 'string').join(', ');
  return (
    <>
      {value !== undefined && <><Value of={value} />{words !== '' && <> (<Name>{words}</Name>)</>}</>}
      {Object.entries(rest).map(([name, v]) => <div key={name}><Name>{name}</Name>: <Value of={v} /></div>)}
    </>
  );
}
