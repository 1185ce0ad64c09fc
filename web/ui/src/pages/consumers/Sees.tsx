import { Stack, TextInput } from '@mantine/core';

import { Patterns } from '../sections/Patterns';
import type { Entry } from '../rules/entries';

// Seen is what a consumer may see: attributes as they are typed, and groups.
export interface Seen {
  attributes: string;
  groups: Entry[];
}

interface Props {
  seen: Seen;
  problem: (place: string) => string | undefined; // what is wrong with a place of the request
  onChange: (seen: Seen) => void;
}

// Sees says what a consumer may see.
export function Sees({ seen, problem, onChange }: Props) {
  return (
    <Stack>
      <TextInput label="Attributes of users" autoComplete="off" spellCheck={false} description="Such as userName, active, emails, groups. Empty: all but what is sensitive; what is named is seen though it is sensitive." value={seen.attributes}
        error={problem('body.attributes') ?? problem('body.attributes[0]')} onChange={(e) => onChange({ ...seen, attributes: e.currentTarget.value })} />
      <Patterns title="Groups" hint="It sees these and no other, and of the users only their members. None: all." entries={seen.groups} problem={(i) => problem(`body.groups[${i}]`)} onChange={(groups) => onChange({ ...seen, groups })} />
    </Stack>
  );
}
