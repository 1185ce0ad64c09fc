import { useLocalStorage } from '@mantine/hooks';

// useSlash says whether "/" leads to the search, and changes that for this browser. Who speaks to
// their computer may type signs without meaning to, so that a shortcut of one sign can be switched
// off (WCAG 2.1.4).
export function useSlash(): [boolean, (on: boolean) => void] {
  const [on, set] = useLocalStorage({ key: 'muster.slash', defaultValue: true, getInitialValueInEffect: false });
  return [on, set];
}
