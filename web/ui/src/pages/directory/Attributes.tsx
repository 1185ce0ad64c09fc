import { Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';

import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { saidOf, type UserDetail } from './reading';
import { Heading } from './Heading';
import { Json } from './Json';

// What the directory itself says of a user, which stands elsewhere on the page.
const own = new Set(['id', 'userName', 'active', 'status', 'block', 'local', 'managed', 'created', 'modified', 'lastLogin', 'purgeAfter',
  'memberships', 'dropped', 'records', 'givenBy', 'nameFormer', 'schemas', 'meta']);

interface Attribute {
  name: string; // as the question "why" takes it
  label: string;
  value: unknown;
}

// Attributes are SCIM's attributes of a user as the directory holds them, who gave each, and beside
// them what each IdP says.
export function Attributes({ d, user }: { d: string; user: UserDetail }) {
  const living = user.records.filter((r) => r.state !== 'deleted');
  const said = useQueries({ queries: living.map((r) => saidOf(d, user.id, r)) });
  const rows = beside(user, said.map((q) => attributesOf(q.data ?? {})));
  if (rows.length === 0) return null;
  return (
    <section>
      <Heading>Attributes</Heading>
      <DataTable caption="Attributes" rows={rows} id={(a) => a.name} columns={[
        { head: 'Attribute', cell: (a) => <Name>{a.label}</Name> },
        ...living.map((r, i) => ({
          head: `${r.connector} says`, cell: (a: Row) => (said[i]?.isError === true ? <Text span c="dimmed">not known</Text> : <Value of={a.said[i]} />),
        })),
        { head: living.length === 0 ? 'Value' : 'Result', cell: (a) => <strong><Value of={a.value} /></strong> },
        { head: 'Given by', cell: (a) => user.givenBy?.[a.name] ?? '' },
        { head: 'Question', cell: (a) => <TextLink to="/why" search={{ in: d, user: user.id, attribute: a.name }}>Why?<span className="visually-hidden"> {a.label}</span></TextLink> },
      ]} />
      <details style={{ marginTop: 'var(--mantine-spacing-sm)' }}>
        <summary>The user as JSON</summary>
        <Json value={user} of="The user as JSON" />
      </details>
    </section>
  );
}

// Row is an attribute as the directory holds it, and as each IdP says it.
interface Row extends Attribute {
  said: unknown[];
}

// beside puts what each IdP says beside the directory's, attribute by attribute.
function beside(user: UserDetail, said: Attribute[][]): Row[] {
  const rows = new Map<string, Row>();
  for (const a of attributesOf(user)) rows.set(a.name, { ...a, said: [] });
  said.forEach((attributes, i) => {
    for (const a of attributes) {
      const row = rows.get(a.name) ?? { ...a, value: undefined, said: [] };
      row.said[i] = a.value;
      rows.set(a.name, row);
    }
  });
  return [...rows.values()];
}

function attributesOf(document: Record<string, unknown>): Attribute[] {
  const all: Attribute[] = [];
  for (const [name, value] of Object.entries(document)) {
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
  if (of === undefined) return <Text span c="dimmed">–</Text>;
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
