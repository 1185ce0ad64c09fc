import { Text } from '@mantine/core';

import { Name } from '../../parts/Name';
import type { Difference } from './difference';

// Differences are what rules lose and gain, part by part.
export function Differences({ parts }: { parts: Difference[] }) {
  return parts.map(({ title, gone, come }) => (
    <div key={title}>
      <Text fw={600}>{title}</Text>
      <ul className="difference">
        {gone.map((text) => <li key={`-${text}`} className="tone-bad">− <span className="visually-hidden">removed: </span><Name>{text}</Name></li>)}
        {come.map((text) => <li key={`+${text}`} className="tone-ok">+ <span className="visually-hidden">added: </span><Name>{text}</Name></li>)}
      </ul>
    </div>
  ));
}
