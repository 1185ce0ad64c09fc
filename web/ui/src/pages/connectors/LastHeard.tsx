import { useQuery } from '@tanstack/react-query';

import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { contactOf } from './reading';

// LastHeard says in a word when an IdP last got through, or that it does not.
export function LastHeard({ slug }: { slug: string }) {
  const { data, isError } = useQuery({ ...contactOf(slug), staleTime: 30_000 });
  if (data === undefined) return <>{isError ? 'unknown' : '…'}</>;
  if (data.state === 'trouble') return <State tone="warn">Trouble</State>;
  return <When at={data.last} never="never yet" />;
}
