import type { Schema } from '../../api/client';

// Rules are a connector's rules as the API reads and writes them.
export type Rules = Schema<'Rules'>;

// Entry is one entry of a list: a text, or an object that says how the text is compared.
export type Entry = string | { [key: string]: unknown };

// forms say how an entry's text is compared with a name. A plain text is a name or a pattern.
export const forms = [
  { form: 'is', label: 'is' },
  { form: 'startsWith', label: 'starts with' },
  { form: 'endsWith', label: 'ends with' },
  { form: 'contains', label: 'contains' },
  { form: 'matches', label: 'matches pattern' },
  { form: 'any', label: 'is or matches' },
] as const;

export type Form = (typeof forms)[number]['form'] | 'set';

// lists are the lists of names that this editor is for, in the order in which they are shown.
export const lists = [
  { list: 'onlyAssign', title: 'Only these groups', hint: 'Of the groups that are sent, only these are assigned. Left empty: all of them.', names: false },
  { list: 'neverAssign', title: 'Never these groups', hint: 'Not assigned even if they are sent. This wins over “only these”.', names: false },
  { list: 'alwaysAssign', title: 'Everybody is in', hint: 'Names of groups that everybody is in whom this connector provisions.', names: true },
  { list: 'defaultGroups', title: 'Everybody gets once', hint: 'Names of groups that everybody is given at the first time. Who is taken out later stays out.', names: true },
  { list: 'neverRemove', title: 'Who is in these stays', hint: 'Memberships of these groups are not taken away, local ones neither.', names: false },
  { list: 'requiredGroups', title: 'Only people in one of these count', hint: 'Whoever is sent in none of these does not count. Left empty: everybody does.', names: false },
] as const;

export type ListName = (typeof lists)[number]['list'];

// Row is an entry while it is edited. Its id keeps the focus where it is when others come and go.
export interface Row {
  id: number;
  form: Form;
  text: string;
  raw?: Entry; // what cannot be edited here, as it was read
}

export type Rows = Record<ListName, Row[]>;

let lastId = 0;

// newRow is a row that was not there.
export function newRow(form: Form, text = ''): Row {
  return { id: ++lastId, form, text };
}

// rowOf reads an entry.
export function rowOf(entry: Entry): Row {
  if (typeof entry === 'string') return newRow('any', entry);
  const known = forms.find(({ form }) => typeof entry[form] === 'string');
  if (known !== undefined && Object.keys(entry).length === 1) return newRow(known.form, String(entry[known.form]));
  return { ...newRow('set', String(entry['set'] ?? JSON.stringify(entry))), raw: entry };
}

// rowsOf reads the lists of rules.
export function rowsOf(rules: Rules): Rows {
  return Object.fromEntries(lists.map(({ list }) => [list, (rules[list] ?? []).map(rowOf)])) as Rows;
}

// entryOf writes a row.
function entryOf(row: Row): Entry {
  return row.raw ?? (row.form === 'any' ? row.text : { [row.form]: row.text });
}

// written are the rows with something in them: those that rulesOf writes, in its order.
export function written(rows: Row[]): Row[] {
  return rows.filter((row) => row.text !== '');
}

// rulesOf puts the lists into rules; what is no list stays as it is.
export function rulesOf(base: Rules, rows: Rows): Rules {
  return { ...base, ...Object.fromEntries(lists.map(({ list }) => [list, written(rows[list]).map(entryOf)])) };
}

// entryText says an entry in words.
export function entryText(entry: Entry): string {
  const row = rowOf(entry);
  if (row.raw !== undefined) return setText(row);
  if (row.form === 'any') return row.text;
  return `${forms.find(({ form }) => form === row.form)?.label} ${row.text}`;
}

// setText says a set of groups, which is one entry, in words.
export function setText(row: Row): string {
  const groups = typeof row.raw === 'object' ? row.raw['groups'] : undefined;
  return Array.isArray(groups) ? `${row.text}: ${groups.join(', ')}` : row.text;
}
