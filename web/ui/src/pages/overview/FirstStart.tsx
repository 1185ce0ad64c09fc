import { Stack, Text, Title } from '@mantine/core';

import { useMe } from '../../auth';
import { ButtonLink, TextLink } from '../../parts/links';
import { Allowed } from '../../parts/roles';

// FirstStart is what to do first, while there is no connector.
export function FirstStart() {
  const me = useMe();
  return (
    <Stack className="panel" gap="sm" align="flex-start">
      <Title order={2}>Begin here</Title>
      <Text>Muster takes in what identity providers say of users and groups, and makes one directory of it by your rules.</Text>
      <ol className="checklist">
        <li>
          <strong>Connect an identity provider.</strong> It takes a minute. Nothing that it sends is applied until you say so.
          <div><Allowed role="ruleEditor" deployment><ButtonLink to="/connect" mt="xs">Add the first connector</ButtonLink></Allowed></div>
        </li>
        <li>
          <strong>Write its rules.</strong> Once names of groups have arrived, the editor shows for each of them what becomes of it.
        </li>
        <li>
          <strong>Go live.</strong> A plan says first who would be made, linked or changed.
        </li>
        {me?.role === 'owner' && (
          <li>
            <strong>Let somebody else in.</strong> Two owners are safer than one: <TextLink to="/settings/administrators">invite an administrator</TextLink>.
          </li>
        )}
      </ol>
    </Stack>
  );
}
