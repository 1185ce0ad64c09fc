import { queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag } from '../../api/client';

// consumersOf reads the applications that may read a directory, never their secrets.
export function consumersOf(d: string) {
  return queryOptions({
    queryKey: ['directories', d, 'consumers'],
    queryFn: async ({ signal }) => (await ask(api.GET('/directories/{d}/consumers', { params: { path: { d }, query: { limit: 500 } }, signal }))).items,
  });
}

// oneConsumer reads one of them, with the tag to send back with a change.
export function oneConsumer(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'consumers', id],
    queryFn: ({ signal }) => askWithTag(api.GET('/directories/{d}/consumers/{id}', { params: { path: { d, id } }, signal })),
  });
}

// attributesIn reads attributes that are typed with spaces, commas or lines between them.
export function attributesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((a) => a !== '');
}

// endOf is the end of a day, or nothing where no day is given.
export function endOf(day: string): string | undefined {
  return day === '' ? undefined : `${day}T23:59:59Z`;
}
