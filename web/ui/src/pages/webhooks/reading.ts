import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag, type Schema } from '../../api/client';

export type State = Schema<'WebhookDelivery'>['state'];

// allWebhooks reads who is told of changes; there are 50 at most. It is read again while the page
// is open, as deliveries go on.
export const allWebhooks = queryOptions({
  queryKey: ['webhooks'],
  queryFn: async ({ signal }) => (await ask(api.GET('/webhooks', { params: { query: { limit: 500 } }, signal }))).items,
  refetchInterval: 10_000,
});

// oneWebhook reads a webhook, with the tag to send back with a change.
export function oneWebhook(id: string) {
  return queryOptions({
    queryKey: ['webhooks', id],
    queryFn: ({ signal }) => askWithTag(api.GET('/webhooks/{id}', { params: { path: { id } }, signal })),
    refetchInterval: 5_000,
  });
}

// deliveriesOf reads a page of what a webhook was sent or is to be, the newest first.
export function deliveriesOf(id: string, state?: State, cursor?: string) {
  return queryOptions({
    queryKey: ['webhooks', id, 'deliveries', { state, cursor }],
    queryFn: ({ signal }) => ask(api.GET('/webhooks/{id}/deliveries', { params: { path: { id }, query: { state, cursor, limit: 50 } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
}

// families are the types of messages; a receiver may want single ones too.
export const families = [
  { value: 'user.*', label: 'Users' },
  { value: 'group.*', label: 'Groups' },
  { value: 'membership.*', label: 'Memberships' },
  { value: 'conflict.*', label: 'Conflicts' },
  { value: 'hold.*', label: 'Holds' },
  { value: 'directory.*', label: 'Directories' },
  { value: 'connector.*', label: 'Connectors' },
];

// typesIn reads types that are typed with spaces, commas or lines between them.
export function typesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((t) => t !== '');
}
