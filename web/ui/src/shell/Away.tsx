import { Container } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';

import { Page } from '../parts/Page';
import { Failed } from '../states/Failed';

// Away stands in the place of everything while Muster cannot say who is signed in.
export function Away({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Container component="main" size="sm" py={{ base: 'lg', sm: '4rem' }}>
      <Page title="No answer" heading="Muster does not answer">
        <Failed error={error} retry={() => void router.invalidate()} what="Finding out who is signed in" />
      </Page>
    </Container>
  );
}
