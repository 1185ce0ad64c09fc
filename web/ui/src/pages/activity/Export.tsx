import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';

import { announce } from '../../parts/announce';
import { IconDownload } from '../../parts/icons';
import { Failed } from '../../states/Failed';
import { written, type Format } from './reading';
import type { EventFilter, RequestFilter } from './search';

const formats: { format: Format; label: string; end: string }[] = [
  { format: 'text/csv', label: 'CSV', end: 'csv' }, { format: 'application/jsonl', label: 'JSON lines', end: 'jsonl' },
];

// Export writes everything that fits the filter into a file, however much it is.
export function Export({ list, filter }: { list: 'requests' | 'events'; filter: RequestFilter | EventFilter }) {
  const write = useMutation({
    mutationFn: async (as: (typeof formats)[number]) => save(await written(list, filter, as.format), `muster-${list}.${as.end}`),
    onSuccess: () => announce('The file was written.'),
  });
  return (
    <>
      <Group gap="sm">
        {formats.map((as) => (
          <Button key={as.end} variant="default" leftSection={<IconDownload />} loading={write.isPending && write.variables.end === as.end} onClick={() => write.mutate(as)}>Download as {as.label}</Button>
        ))}
      </Group>
      {write.isError && <Failed error={write.error} what="Writing the file" />}
    </>
  );
}

function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
