import { useQuery } from '@tanstack/react-query';
import type { NavigateOptions } from '@tanstack/react-router';

import { problemOf, type Problem } from '../api/problem';
import { everyConnector } from '../pages/connectors/reading';
import { foundBy, groupsOf, isID, usersNamed } from '../pages/directory/reading';

// What the search of the header finds, in groups; each thing leads to its page.

// Finding is one thing that is found.
export interface Finding {
  id: string; // unique among all
  name: string;
  note?: string;
  link: NavigateOptions;
}

// Findings are those of one kind.
export interface Findings {
  kind: string;
  items: Finding[];
}

// most is how many of a kind are offered; the pages list the rest.
const most = 5;

// useFindings looks for a text in a directory, among connectors and among requests. What is found
// first is there first.
export function useFindings(d: string | undefined, q: string): { groups: Findings[]; busy: boolean; failure?: Problem } {
  const asked = q !== '' && d !== undefined;
  const at = d ?? '';
  const whole = useQuery({ ...foundBy(at, q), enabled: asked, placeholderData: undefined });
  const named = useQuery({ ...usersNamed(at, q, most), enabled: asked && !isID(q), placeholderData: undefined });
  const groups = useQuery({ ...groupsOf(at, q, undefined, most), enabled: asked && !isID(q), placeholderData: undefined });
  const connectors = useQuery({ ...everyConnector(), enabled: q !== '' });

  const search = { in: at };
  const people: Finding[] = (whole.data?.people ?? []).slice(0, most).map((p) => ({ id: `user-${p.id}`, name: p.userName, note: p.status === 'active' ? undefined : p.status, link: { to: '/users/$id', params: { id: p.id }, search } }));
  for (const u of named.data?.items ?? []) {
    if (people.length >= most || people.some((p) => p.id === `user-${u.id}`)) continue;
    people.push({ id: `user-${u.id}`, name: u.userName, note: typeof u.displayName === 'string' ? u.displayName : undefined, link: { to: '/users/$id', params: { id: u.id }, search } });
  }
  const like = q.toLowerCase();
  const result: Findings[] = [
    { kind: 'Users', items: people },
    { kind: 'Records without a user', items: (whole.data?.records ?? []).slice(0, most).map((r) => ({ id: `record-${r.connector}-${r.id}`, name: r.userName, note: `at ${r.connector}`, link: { to: '/connectors/$slug', params: { slug: r.connector } } })) },
    { kind: 'Groups', items: (groups.data?.items ?? []).map((g) => ({ id: `group-${g.id}`, name: g.displayName, link: { to: '/groups/$id', params: { id: g.id }, search } })) },
    { kind: 'Connectors', items: (connectors.data ?? []).filter((c) => asked && (c.slug.includes(like) || c.name.toLowerCase().includes(like) || c.id === like)).slice(0, most).map((c) => ({ id: `connector-${c.slug}`, name: c.slug, note: c.name === c.slug ? undefined : c.name, link: { to: '/connectors/$slug', params: { slug: c.slug } } })) },
    // Whether a request of this id is kept, its own page says.
    { kind: 'Requests', items: isID(q) && people.length === 0 && !whole.isFetching ? [{ id: `request-${q}`, name: q, note: 'open as a request', link: { to: '/activity/$id', params: { id: q } } }] : [] },
  ];
  const failed = [whole, named, groups, connectors].find((query) => query.isError);
  return {
    groups: result.filter((g) => g.items.length > 0),
    busy: [whole, named, groups, connectors].some((query) => query.isFetching),
    failure: failed === undefined ? undefined : problemOf(failed.error),
  };
}
