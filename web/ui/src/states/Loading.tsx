import { Skeleton, Stack } from '@mantine/core';

// Loading stands where something will be: lines in its height, seen only when it takes long.
export function Loading({ lines = 4, what = 'the page' }: { lines?: number; what?: string }) {
  return (
    <div aria-busy="true">
      <span className="visually-hidden">Loading {what}</span>
      <Stack className="late" gap="sm" aria-hidden="true">
        {Array.from({ length: lines }, (_, i) => <Skeleton key={i} height={22} width={`${95 - (i % 3) * 12}%`} />)}
      </Stack>
    </div>
  );
}
